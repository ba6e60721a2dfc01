#include "base/atomic_file.h"

#include "base/test.h"

namespace retort {

TEST_CASE("a file is there whole after its commit, and untouched before") {
  TemporaryFolder folder;
  const Path path = folder.path() / "rows.jsonl";
  or_throw(write_file_atomic(path, "old"));
  {
    AtomicFile left = or_throw(AtomicFile::create(path));
    or_throw(left.write("half"));
  }
  CHECK(or_throw(read_file(path)) == "old");
  AtomicFile file = or_throw(AtomicFile::create(path));
  or_throw(file.write("ne"));
  or_throw(file.write("w"));
  CHECK(or_throw(read_file(path)) == "old");
  or_throw(file.commit());
  CHECK(or_throw(read_file(path)) == "new");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a link stays, and what it leads to is replaced") {
  TemporaryFolder folder;
  const Path link = folder.path() / "link", rows = folder.path() / "rows.jsonl";
  or_throw(write_file_atomic(rows, "old"));
  std::filesystem::create_symlink(rows, link);
  AtomicFile file = or_throw(AtomicFile::create(link));
  or_throw(file.write("new"));
  or_throw(file.commit());
  CHECK(std::filesystem::is_symlink(link));
  CHECK(or_throw(read_file(rows)) == "new");
}

TEST_CASE("a device is not replaced by a file") {
  CHECK(AtomicFile::create("/dev/null").error().code == ErrorCode::InvalidArgument);
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

}  // namespace retort
