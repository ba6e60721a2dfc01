// UTF-8, hashes and files.
#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/test.h"
#include "base/utf8.h"

namespace retort {

TEST_CASE("ill-formed UTF-8 is found, and repaired to what is valid") {
  for (std::string_view bad :
       {"\x80", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xFFz"}) {
    CHECK_FALSE(valid_utf8(bad));
    CHECK(valid_utf8(replace_invalid_utf8(bad)));
  }
  CHECK(valid_utf8("héllo 日本 🙂"));
  CHECK(replace_invalid_utf8("héllo") == "héllo");
}

TEST_CASE("random bytes never break the repair, and it changes nothing twice") {
  Random random(3, "bytes");
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes;
    for (uint64_t n = random.below(12); n > 0; --n) bytes += static_cast<char>(random.below(256));
    const std::string fixed = replace_invalid_utf8(bytes);
    CHECK(valid_utf8(fixed));
    CHECK(replace_invalid_utf8(fixed) == fixed);
  }
}

TEST_CASE("every code point encodes to what decodes to it") {
  for (uint32_t c = 1; c < 0x110000; c += 97) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string bytes;
    utf8_append(c, bytes);
    REQUIRE(utf8_length(bytes) == static_cast<int>(bytes.size()));
    REQUIRE(utf8_decode(bytes) == c);
  }
}

TEST_CASE("what a model wrote cannot steer a terminal") {
  CHECK(terminal_safe("a\x1b[31mb\n") == "a\\x1b[31mb\\n");
  CHECK(terminal_safe("x\u202ey") == "x\\u202ey");
  CHECK(terminal_safe("abcdef", 3) == "abc…");
}

TEST_CASE("SHA-256 of the empty text and of abc are the published ones") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a file is replaced as a whole, and its folders are made") {
  TemporaryFolder folder;
  const Path path = folder.path() / "a" / "b.txt";
  or_throw(write_file_atomic(path, "one"));
  or_throw(write_file_atomic(path, "two"));
  CHECK(or_throw(read_file(path)) == "two");
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
}

TEST_CASE("a missing file says which and what to do") {
  const auto missing = read_file("/nowhere/at/all");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::NotFound);
  CHECK(missing.error().message == "cannot open /nowhere/at/all: No such file or directory; check the path");
}

TEST_CASE("lines come with their number and without their end, and a line that is too long is an error") {
  TemporaryFolder folder;
  or_throw(write_file_atomic(folder.path() / "f", "a\r\n\nccc"));
  std::string seen;
  or_throw(read_lines(folder.path() / "f", [&](size_t n, std::string_view line) {
    seen += format("{}:{};", n, line);
    return Result<void>();
  }));
  CHECK(seen == "1:a;2:;3:ccc;");
  CHECK_FALSE(read_lines(
      folder.path() / "f", [](size_t, std::string_view) { return Result<void>(); }, 2));
  CHECK_FALSE(read_lines(folder.path(), [](size_t, std::string_view) { return Result<void>(); }));
}

}  // namespace retort
