// How fp32 matrices are multiplied, for the whole process. libtorch's default is exact but slow on many
// processors: on AMD it calls MKL at half the speed of oneDNN, on Intel it leaves AMX idle. What oneDNN makes
// of "reduced precision" depends on the processor (fp32 on one, bf16 on another), so its error is measured
// once; the measurement has no clock in it, so one kind of machine always chooses the same.
#pragma once

#include "nn/torch.h"

namespace retort {

enum class MatmulMode {
  Exact,  // libtorch's default, the mode at the start: for parity with other programs
  Fp32,   // oneDNN where its measured error is that of fp32 (relative error below 1e-5), else Exact
  Bf16,   // inputs rounded to bf16 and summed in fp32 where the processor has that, else Fp32; TF32 on CUDA
};

// Weights and activations stay fp32 in every mode.
void set_matmul_mode(MatmulMode mode, torch::Device device = torch::kCPU);
MatmulMode matmul_mode();
// Largest relative error of a small product on this device in the present mode, against fp64.
double matmul_error(torch::Device device = torch::kCPU);
// Whether this processor multiplies bf16 tensors by instructions of its own (AVX512-BF16, AMX); else they are
// slower than fp32. It may and oneDNN's reduced precision still be fp32: that one wants AMX.
bool multiplies_bf16();
// Whether products of bf16 tensors are worth while on this device in the present mode.
bool prefers_bf16(torch::Device device);

}  // namespace retort
