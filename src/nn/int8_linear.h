// A linear layer over eight-bit whole numbers, for sampling on the CPU: each group of 64 numbers of a
// weight's row, and of an input's row, is rounded to [-127, 127] times a scale of its own (llama.cpp
// multiplies its Q8_0 so, in groups of 32). It takes half of bf16's memory, and half of its time where the
// processor has VNNI. What a row gives does not depend on the rows beside it, bit for bit.
#pragma once

#include <vector>

#include "nn/torch.h"

namespace retort {

struct Int8Weight {
  torch::Tensor values, scales;  // as Int8Blocks of int8_kernel.h has them; undefined: none
  int64_t out = 0, in = 0;
  bool defined() const { return values.defined(); }
};
// Of a weight (out, in) on the CPU.
Int8Weight make_int8_weight(const torch::Tensor& weight);

struct Int8Part {
  const Int8Weight* weight;
  torch::Tensor bias;  // (out); undefined: none
};
// x (..., in), fp32 or bf16 on the CPU, times each part's weight, transposed, plus its bias; the results side
// by side: (..., sum of out), of that type. No autograd.
torch::Tensor int8_linear(const torch::Tensor& x, const std::vector<Int8Part>& parts,
                          torch::ScalarType dtype);

}  // namespace retort
