// Rotary position embedding (Su et al., arXiv 2104.09864) in the layout of Hugging Face's LLaMA: the first
// half of what is rotated of a head pairs with the second half. With the ways in use of stretching it over a
// longer context than a model was made for.
#pragma once

#include <vector>

#include "nn/torch.h"

namespace retort {

enum class RopeScalingKind {
  None,
  Linear,    // every frequency divided by the factor
  Llama3,    // LLaMA 3.1: low frequencies divided by the factor, high ones kept, a ramp between
  Yarn,      // YaRN (arXiv 2309.00071)
  LongRope,  // LongRoPE (arXiv 2402.13753) as in Phi-3: a factor a frequency, others beyond the original
             // context
};

struct RopeScaling {
  RopeScalingKind kind = RopeScalingKind::None;
  double factor = 1;            // Linear, Llama3, Yarn
  double original_context = 0;  // tokens; Llama3, Yarn, LongRope
  double low_frequency = 1;     // Llama3: turns within the original context up to which a frequency is low
  double high_frequency = 4;    // Llama3: from which on it is high
  double beta_fast = 32;        // Yarn: the same, high
  double beta_slow = 1;         // Yarn: low
  bool whole_bounds = true;     // Yarn: the ramp begins and ends at whole dimensions ("truncate")
  double attention_factor = 1;  // Yarn, LongRope: cosines and sines are multiplied by it
  std::vector<double> short_factors, long_factors;  // LongRope: one a frequency
  bool operator==(const RopeScaling&) const = default;
};

struct Rope {
  int64_t width = 0;  // what is rotated: the head's first elements, an even number; the rest passes
  double base = 10'000;
  RopeScaling scaling;
  bool operator==(const Rope&) const = default;
};

// Cosines and sines of a batch's positions: made once a forward pass, used by every layer.
struct RopeTable {
  torch::Tensor cos_BTE, sin_BTE;  // fp32, E = half of what is rotated; undefined: nothing is rotated
};
// `lengths_BT`: tokens of the sequence that each position belongs to. Only LongRope looks at it, which has
// other frequencies for a sequence longer than the original context; undefined otherwise.
RopeTable rope_table(const torch::Tensor& positions_BT, const torch::Tensor& lengths_BT, const Rope& rope);
// The plain form.
RopeTable rope_table(const torch::Tensor& positions_BT, int64_t head_width, double base);

// 0.1 ln(factor) + 1: what YaRN multiplies cosines and sines by where a config names nothing else.
double yarn_attention_factor(double factor);
// sqrt(1 + ln(factor) / ln(original context)), LongRoPE's.
double long_rope_attention_factor(double factor, double original_context);

// Rotates x (B, T, heads, head width) by its positions; differentiable in x.
torch::Tensor rotate(const torch::Tensor& x_BTHE, const RopeTable& table);

}  // namespace retort
