// Where this installation's practice base lies. Apart from base.cpp, so that who only looks for it needs no
// student.
#include <cstdlib>

#include "practice/base.h"

namespace retort::practice {

Result<Path> practice_base_folder() {
  std::vector<Path> places;
  if (const char* share = std::getenv("RETORT_SHARE")) places.push_back(Path(share) / "practice_base");
  std::error_code none;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", none);
  if (!none) places.push_back(program.parent_path().parent_path() / "share" / "retort" / "practice_base");
  places.push_back(Path(RETORT_SOURCE_DIR) / "practice_base");
  for (const Path& place : places) {
    if (std::filesystem::exists(place / "config.json", none)) return place;
  }
  return Error{
      ErrorCode::NotFound,
      "no practice base beside the program or in the source tree; make one with `retort practice-base "
      "FOLDER` and set RETORT_SHARE to the folder above it"};
}

}  // namespace retort::practice
