// When our own CPU kernels run instead of torch's operators, and over which blocks of rows.
#pragma once

#include "nn/torch.h"

namespace retort {

// fp32 on the CPU. Elsewhere torch's operators do the same in more passes over memory.
inline bool has_row_kernels(torch::Device device, torch::ScalarType dtype) {
  return device.is_cpu() && dtype == torch::kFloat32;
}

// Rows of a block: sums over rows are made block by block and then in order, so that the number of threads
// changes no bit.
constexpr int64_t kBlockRows = 64;

}  // namespace retort
