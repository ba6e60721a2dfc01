#include "nn/rope_scaling.h"

#include <cmath>

namespace retort {

double yarn_attention_factor(double factor) { return factor <= 1 ? 1.0 : 0.1 * std::log(factor) + 1.0; }

double long_rope_attention_factor(double factor, double original_context) {
  return factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(original_context));
}

}  // namespace retort
