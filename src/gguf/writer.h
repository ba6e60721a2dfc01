// Writes a GGUF file as it comes: the head from a plan of all tensors, then each tensor's rows in that order.
// The file appears under its name when all are there, and not before.
#pragma once

#include "base/atomic_file.h"
#include "gguf/header.h"

namespace retort {

// A tensor to come: name, shape (outermost first) and type; the rest is worked out.
struct GgufTensorPlan {
  std::string name;
  std::vector<int64_t> shape;
  GgufTensorType type = GgufTensorType::F32;
};

// The bytes before the first tensor's.
std::string make_gguf_head(const GgufMetadata& metadata, const std::vector<GgufTensorPlan>& tensors);

class GgufWriter {
 public:
  static Result<GgufWriter> create(const Path& path, const GgufMetadata& metadata,
                                   std::vector<GgufTensorPlan> tensors);
  // The next tensor's next rows, as blocks of its type.
  Result<void> write_blocks(std::string_view blocks);
  // After the last row: publishes the file.
  Result<void> finish();

 private:
  GgufWriter(AtomicFile file, std::vector<uint64_t> sizes)
      : file_(std::move(file)), sizes_(std::move(sizes)) {}
  AtomicFile file_;
  std::vector<uint64_t> sizes_;  // bytes of each tensor
  size_t next_ = 0;              // the tensor at hand
  uint64_t written_ = 0;         // of it
};

}  // namespace retort
