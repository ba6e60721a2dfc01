#include "store/compress.h"

#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

std::string noise(size_t size) {
  Random random(1, "noise");
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(random.next());
  return bytes;
}

}  // namespace

TEST_CASE("every body comes back, and only those that gain are packed") {
  for (const std::string& body : {std::string(), std::string("a"), std::string(10'000, 'a'), noise(10'000)}) {
    std::string packed = pack_body(body);
    CHECK(unpack_body(packed).value() == body);
    CHECK(packed.size() <= body.size() + 1);
  }
  CHECK(pack_body(std::string(10'000, 'a')).size() < 100);
}

TEST_CASE("a damaged body is an error or another body, never a crash or a giant") {
  const std::string packed = pack_body(std::string(3'000, 'a') + noise(100));
  CHECK(unpack_body("").error().code == ErrorCode::Malformed);
  for (size_t size = 0; size < packed.size(); ++size)
    CHECK_FALSE(unpack_body(std::string_view(packed).substr(0, size)));
  for (size_t bit = 0; bit < packed.size() * 8; ++bit) {
    std::string flipped = packed;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    if (Result<std::string> body = unpack_body(flipped)) CHECK(body->size() < 100'000'000);
  }
}

}  // namespace retort
