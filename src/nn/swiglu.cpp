#include "nn/swiglu.h"

#include "base/check.h"

namespace retort {

torch::Tensor swiglu(const torch::Tensor& gate, const torch::Tensor& up) {
  RETORT_CHECK(gate.sizes() == up.sizes(), "gate and up must have the same shape");
  return torch::silu(gate) * up;
}

}  // namespace retort
