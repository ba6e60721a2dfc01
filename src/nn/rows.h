// When our own CPU kernels run instead of torch's operators, and over which blocks of rows.
#pragma once

#include "nn/bf16.h"
#include "nn/torch.h"

namespace retort {

// fp32 and bf16 on the CPU. Elsewhere torch's operators do the same in more passes over memory.
inline bool has_row_kernels(torch::Device device, torch::ScalarType dtype) {
  return device.is_cpu() && (dtype == torch::kFloat32 || dtype == torch::kBFloat16);
}

// What a kernel over `T`, float or Bf16, reads of a contiguous tensor of that type, and writes.
template <class T>
const T* read_rows(const torch::Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}
template <class T>
T* write_rows(torch::Tensor& x) {
  return static_cast<T*>(x.mutable_data_ptr());
}
// Calls work(T{}) with the kernel type of that tensor type.
template <class Work>
auto with_row_type(torch::ScalarType dtype, const Work& work) {
  return dtype == torch::kFloat32 ? work(float{}) : work(Bf16{});
}

// Rows of a block: sums over rows are made block by block and then in order, so that the number of threads
// changes no bit.
constexpr int64_t kBlockRows = 64;

}  // namespace retort
