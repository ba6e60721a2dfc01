#include "http/certificates.h"

#include "base/test.h"

namespace retort {
namespace {

TEST_CASE("libcurl's own file comes first, then the named one, then the first known one that is there") {
  TemporaryFolder folder;
  const Path own = folder.path() / "own.pem", named = folder.path() / "named.pem",
             fedora = folder.path() / "fedora.pem", suse = folder.path() / "suse.pem";
  const std::vector<Path> known = {folder.path() / "nowhere.pem", fedora, suse};
  CHECK(certificate_file(own, named, known) == std::nullopt);
  or_throw(write_file_atomic(suse, "x"));
  CHECK(certificate_file(own, named, known) == suse);
  or_throw(write_file_atomic(fedora, "x"));
  CHECK(certificate_file("", "", known) == fedora);
  or_throw(write_file_atomic(named, "x"));
  CHECK(certificate_file(own, named, known) == named);
  or_throw(write_file_atomic(own, "x"));
  CHECK(certificate_file(own, named, known) == own);
}

TEST_CASE("a folder of that name is no file of certificates") {
  TemporaryFolder folder;
  CHECK(certificate_file(folder.path(), "", {}) == std::nullopt);
}

}  // namespace
}  // namespace retort
