// The official files of the suites: where they are, what they must be, and their licence.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace retort {

struct OfficialFile {
  std::string_view suite, file;  // under the data folder
  std::string_view url;
  int64_t bytes = 0;        // 0: not known
  std::string_view sha256;  // empty: not known
  std::string_view licence;
};
std::span<const OfficialFile> official_files();
// The suite under which another one's files are listed ("bbh" for "bbh-free").
std::string_view suite_with_files(std::string_view suite);

}  // namespace retort
