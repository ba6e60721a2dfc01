#include "nn/projection.h"

#include "base/check.h"
#include "nn/packed_weight.h"
#include "nn/row_linear.h"

namespace retort {
namespace {

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     Join join) {
  if (join == Join::Outputs && has_row_linear(x, weight))
    return bias.defined() ? row_linear(x, weight) + bias : row_linear(x, weight);
  return bias.defined() ? torch::linear(x, weight, bias) : torch::linear(x, weight);
}

// What the adapter adds.
torch::Tensor adapt(const torch::Tensor& x, const Projection& p, Join join) {
  return linear(linear(x, p.adapter_down, {}, join), p.adapter_up, {}, join) * p.adapter_scale;
}

bool any_adapter(const std::vector<const Projection*>& parts) {
  for (const Projection* part : parts)
    if (part->adapter_down.defined()) return true;
  return false;
}

// All in one, so that x is rounded once; undefined where some part is not of that kind.
torch::Tensor int8_joined(const torch::Tensor& x, const std::vector<const Projection*>& parts) {
  std::vector<Int8Part> joined;
  for (const Projection* part : parts) {
    if (!part->int8.defined() || part->adapter_down.defined()) return {};
    joined.push_back({&part->int8, part->bias});
  }
  return int8_linear(x, joined, x.scalar_type());
}

// The adapters' sums side by side, zeros where there is none.
torch::Tensor adapt_joined(const torch::Tensor& x, const std::vector<const Projection*>& parts) {
  std::vector<torch::Tensor> added;
  for (const Projection* part : parts) {
    std::vector<int64_t> shape = x.sizes().vec();
    shape.back() = part->weight.size(0);
    added.push_back(part->adapter_down.defined() ? adapt(x, *part, Join::Weights)
                                                 : torch::zeros(shape, x.options()));
  }
  return torch::cat(added, -1);
}

}  // namespace

torch::Tensor project(const torch::Tensor& x, const Projection& p, Join join) {
  torch::Tensor y;
  if (join == Join::Outputs && p.int8.defined())
    y = int8_linear(x, {{&p.int8, p.bias}}, x.scalar_type());
  else if (join == Join::Outputs && p.packed.defined())
    y = packed_linear(x, p.packed, p.bias);
  else
    y = linear(x, p.weight, p.bias, join);
  return p.adapter_down.defined() ? y + adapt(x, p, join) : y;
}

torch::Tensor project_joined(const torch::Tensor& x, const std::vector<const Projection*>& parts, Join join) {
  std::vector<torch::Tensor> joined, biases;
  if (join == Join::Outputs) {
    if (const torch::Tensor y = int8_joined(x, parts); y.defined()) return y;
    for (const Projection* part : parts) joined.push_back(project(x, *part, join));
    return torch::cat(joined, -1);
  }
  for (const Projection* part : parts) {
    joined.push_back(part->weight);
    if (part->bias.defined()) biases.push_back(part->bias);
  }
  RETORT_CHECK(biases.empty() || biases.size() == parts.size(), "{} of {} joined projections have a bias",
               biases.size(), parts.size());
  torch::Tensor y =
      linear(x, torch::cat(joined), biases.empty() ? torch::Tensor() : torch::cat(biases), join);
  return any_adapter(parts) ? y + adapt_joined(x, parts) : y;
}

}  // namespace retort
