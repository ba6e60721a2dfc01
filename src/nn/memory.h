// Memory: how the process treats what tensors gave back, how much there is, and how its end is told from
// other failures.
#pragma once

#include <cstdint>
#include <exception>

#include "nn/torch.h"

namespace retort {

// Keeps up to 256 MB of freed memory for the next tensors: by default glibc hands it back to the kernel after
// each training step and pays for every page again (some 3,000 page faults a step at the demo's size). For
// the process.
void keep_freed_memory();

// Zeros whose pages the processor's memory provides when they are first written: for what is made as large as
// it might have to be and mostly is not. Plain zeros on other devices. Throws std::bad_alloc.
torch::Tensor zeros_on_demand(torch::IntArrayRef shape, const torch::TensorOptions& options);

// Bytes that the device could still give; what the process's control group allows counts as well. At most
// 2^60, which is also what is said where it cannot be found out.
int64_t available_bytes(torch::Device device);

// Whether libtorch or the standard library says that memory ran out, on any device.
bool is_out_of_memory(const std::exception& exception);

}  // namespace retort
