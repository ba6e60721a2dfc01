// Files: read whole, write so that a reader sees the old bytes or the new ones and nothing between (temporary
// file, sync, rename, sync of the folder). Errors say which file and what to do.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace retort {

using Path = std::filesystem::path;

// NotFound, Unreadable, or Malformed when larger than `bytes_max`.
Result<std::string> read_file(const Path& path, size_t bytes_max = size_t{1} << 32);
// Creates missing parent folders. DiskFull or Unreadable; on error the old file is untouched.
Result<void> write_file_atomic(const Path& path, std::string_view bytes);
// The same for bytes that lie in several places, written one after the other: a model needs no second copy.
Result<void> write_file_atomic(const Path& path, std::span<const std::string_view> parts);
// mkdir -p.
Result<void> make_folders(const Path& path);
// Calls `line(number from 1, text without its line end)`; stops early and returns that error when it returns
// one. A line longer than `bytes_max` is Malformed.
Result<void> read_lines(const Path& path, const std::function<Result<void>(size_t, std::string_view)>& line,
                        size_t bytes_max = size_t{16} << 20);
// Turns errno into DiskFull, NotFound or Unreadable: "cannot write /x/y: No space left on device; free some
// ...".
Error system_error(std::string_view attempted, const Path& path, int errno_value);

}  // namespace retort
