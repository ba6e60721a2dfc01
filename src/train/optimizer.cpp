#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/format.h"
#include "nn/matmul_mode.h"
#include "nn/torch_compat.h"
#include "train/trainable.h"

namespace retort {
namespace {

// A matrix of a layer, or of its adapter: neither norm nor embedding nor head.
bool is_layer_matrix(const std::string& name, const torch::Tensor& weight) {
  return weight.dim() == 2 && name.find("model.layers.") != std::string::npos;
}

}  // namespace

torch::Tensor orthogonalize(const torch::Tensor& matrices_NRC) {
  RETORT_CHECK(matrices_NRC.dim() == 3, "a stack of matrices has 3 dimensions, not {}", matrices_NRC.dim());
  // The iteration squares the shorter side.
  bool tall = matrices_NRC.size(1) > matrices_NRC.size(2);
  torch::Tensor x = tall ? matrices_NRC.transpose(1, 2) : matrices_NRC;
  x = x / (x.norm(2, {1, 2}, true) + 1e-7);
  if (prefers_bf16(x.device())) x = x.to(torch::kBFloat16);  // as Muon's authors run it
  for (int i = 0; i < 5; ++i) {
    torch::Tensor gram = torch::bmm(x, x.transpose(1, 2));
    torch::Tensor polynomial = torch::baddbmm(gram, gram, gram, -4.7750, 2.0315);
    x = torch::baddbmm(x, polynomial, x, 3.4445, 1.0);
  }
  return (tall ? x.transpose(1, 2) : x).to(matrices_NRC.scalar_type());
}

Optimizer::Optimizer(Decoder& decoder, const TrainOptions& options) : options_(options) {
  bool muon = options.optimizer == "muon";
  RETORT_CHECK(muon || options.optimizer == "adamw", "optimizer {}", options.optimizer);
  plain_.learning_rate = muon ? options.adamw_learning_rate : options.learning_rate;
  decayed_.learning_rate = options.learning_rate;
  decayed_.weight_decay = options.weight_decay;
  for (auto& [name, weight] : trainable_weights(decoder)) {
    weights_.push_back(*weight);
    bool matrix = is_layer_matrix(name, *weight);
    if (matrix && muon)
      add_muon(*weight);
    else
      add_adamw(matrix ? decayed_ : plain_, name, *weight);
  }
  for (MuonGroup& group : muon_) {
    const torch::Tensor& one = group.weights[0];
    group.momentum_NRC =
        torch::zeros({static_cast<int64_t>(group.weights.size()), one.size(0), one.size(1)}, one.options());
  }
}

void Optimizer::add_adamw(AdamwGroup& group, const std::string& name, const torch::Tensor& weight) {
  group.names.push_back(name);
  group.weights.push_back(weight);
  group.first.push_back(torch::zeros_like(group.weights.back()));
  group.second.push_back(torch::zeros_like(group.weights.back()));
}

void Optimizer::add_muon(const torch::Tensor& weight) {
  for (MuonGroup& group : muon_)
    if (group.weights[0].sizes() == weight.sizes()) return group.weights.push_back(weight);
  muon_.push_back({{weight}, {}});
}

double Optimizer::clip_gradients() {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> norms;
  for (const torch::Tensor& weight : weights_) norms.push_back(weight.grad().norm());
  double norm = torch::stack(norms).to(torch::kFloat64).norm().item<double>();
  if (options_.clip_norm > 0 && norm > options_.clip_norm)
    for (torch::Tensor& weight : weights_) weight.mutable_grad().mul_(options_.clip_norm / norm);
  return norm;
}

void Optimizer::step(double share, int64_t step) {
  torch::NoGradGuard no_grad;
  step_adamw(plain_, share, step);
  step_adamw(decayed_, share, step);
  for (MuonGroup& group : muon_) step_muon(group, share);
}

void Optimizer::step_adamw(AdamwGroup& group, double share, int64_t step) {
  std::vector<torch::Tensor> gradients;
  for (const torch::Tensor& weight : group.weights) gradients.push_back(weight.grad());
  fused_adamw(group.weights, gradients, group.first, group.second, step + 1,
              {.learning_rate = share * group.learning_rate,
               .beta1 = options_.beta1,
               .beta2 = options_.beta2,
               .weight_decay = group.weight_decay,
               .epsilon = options_.epsilon});
}

void Optimizer::step_muon(MuonGroup& group, double share) {
  std::vector<torch::Tensor> gradients;
  for (const torch::Tensor& weight : group.weights) gradients.push_back(weight.grad());
  torch::Tensor gradient_NRC = torch::stack(gradients);
  group.momentum_NRC.mul_(options_.momentum).add_(gradient_NRC);
  // Nesterov: look one momentum step ahead.
  torch::Tensor update_NRC = orthogonalize(gradient_NRC.add_(group.momentum_NRC, options_.momentum));
  double learning_rate = share * options_.learning_rate;
  int64_t longer_side = std::max(update_NRC.size(1), update_NRC.size(2));
  double scale = 0.2 * std::sqrt(static_cast<double>(longer_side));
  for (size_t i = 0; i < group.weights.size(); ++i) {
    if (options_.weight_decay != 0) group.weights[i].mul_(1 - learning_rate * options_.weight_decay);
    group.weights[i].sub_(update_NRC[static_cast<int64_t>(i)], learning_rate * scale);
  }
}

void Optimizer::clear_gradients() {
  for (torch::Tensor& weight : weights_) weight.mutable_grad() = torch::Tensor();
}

std::vector<std::pair<std::string, torch::Tensor>> Optimizer::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const AdamwGroup* group : {&plain_, &decayed_})
    for (size_t i = 0; i < group->names.size(); ++i) {
      tensors.emplace_back("adamw.first." + group->names[i], group->first[i]);
      tensors.emplace_back("adamw.second." + group->names[i], group->second[i]);
    }
  for (const MuonGroup& group : muon_) {
    const torch::Tensor& momentum = group.momentum_NRC;
    tensors.emplace_back(format("muon.momentum.{}x{}", momentum.size(1), momentum.size(2)), momentum);
  }
  return tensors;
}

}  // namespace retort
