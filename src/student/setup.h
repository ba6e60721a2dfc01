// What a student needs of the machine before it is made: device, threads, how matrices are multiplied.
#pragma once

#include "base/result.h"
#include "nn/matmul_mode.h"
#include "student/student.h"

namespace retort {

// Sets the number of threads and how malloc keeps memory, which are the process's; gives the device.
Result<torch::Device> prepare_machine(const StudentOptions& options);
// What "auto", "fp32" or "bf16" means on this device for a decoder of this width, in training.
Result<MatmulMode> choose_precision(const std::string& name, torch::Device device, int64_t width);
// Eight-bit products are the CPU's alone.
Result<void> check_int8(torch::Device device);
Result<void> check_shape(const StudentShape& shape);

}  // namespace retort
