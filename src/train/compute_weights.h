// The weights that a pass multiplies with. In fp32 they are the decoder's own; in bf16 a copy of them, while
// the decoder's stay fp32: there gradients add up and the optimizer steps (Micikevicius et al., arXiv
// 1710.03740, without the loss scaling, which bf16 does not need).
#pragma once

#include <utility>
#include <vector>

#include "model/decoder.h"

namespace retort {

class ComputeWeights {
 public:
  // Of a decoder whose trained weights ask for gradients already, and which must outlive it. The embedding is
  // looked up in fp32 always: rows of it are added to, which bf16 is too coarse for.
  ComputeWeights(Decoder& decoder, torch::ScalarType dtype);
  const Decoder& decoder() const { return dtype_ == torch::kFloat32 ? decoder_ : copy_; }
  // After a backward pass: what it left on the copies is added to the decoder's gradients.
  void gather_gradients();
  // Drops what a pass that failed may have left.
  void drop_gradients();
  // After an optimizer step.
  void refresh();

 private:
  struct Copied {
    torch::Tensor master, copy;
  };
  torch::Tensor copied(const torch::Tensor& master);

  Decoder& decoder_;
  torch::ScalarType dtype_;
  Decoder copy_;
  std::vector<Copied> trained_;
};

}  // namespace retort
