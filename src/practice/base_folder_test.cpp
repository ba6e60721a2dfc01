// Where the practice base is looked for.
#include <cstdlib>

#include "base/file.h"
#include "base/test.h"
#include "practice/base.h"

namespace retort::practice {
namespace {

TEST_CASE("RETORT_SHARE names the folder that holds the practice base") {
  const TemporaryFolder share;
  REQUIRE(write_file_atomic(share.path() / "practice_base" / "config.json", "{}"));
  setenv("RETORT_SHARE", share.path().c_str(), 1);
  const Result<Path> found = practice_base_folder();
  unsetenv("RETORT_SHARE");
  REQUIRE(found);
  CHECK(*found == share.path() / "practice_base");
}

}  // namespace
}  // namespace retort::practice
