// A GGUF file that lies on disk, opened for reading: its checked head, and the bytes of its tensors on
// demand.
#pragma once

#include <memory>

#include "base/file.h"
#include "gguf/header.h"

namespace retort {

class GgufFile {
 public:
  // NotFound, Unreadable, Malformed, InvalidArgument; the message names the file.
  static Result<GgufFile> open(const Path& path);
  const Path& path() const { return path_; }
  const GgufMetadata& metadata() const { return header_.metadata; }
  const std::vector<GgufTensorInfo>& tensors() const { return header_.tensors; }
  const GgufTensorInfo* find(std::string_view tensor) const;  // nullptr when absent

  // Rows [from, from + count) as real numbers; values.size() is count * row_elements(). A file that has
  // become shorter since is Malformed. Any thread.
  Result<void> read_rows(const GgufTensorInfo& tensor, uint64_t from, std::span<float> values) const;
  // The error with the file's name before it.
  Error blame(const Error& error) const;

 private:
  struct Descriptor;
  GgufFile() = default;
  Path path_;
  std::shared_ptr<const Descriptor> descriptor_;
  GgufHeader header_;
};

}  // namespace retort
