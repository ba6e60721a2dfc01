// The optimizers: AdamW (Loshchilov and Hutter, arXiv 1711.05101), and Muon (Jordan et al., 2024: momentum
// made orthogonal by five Newton-Schulz steps) on the matrices of the layers beside AdamW on embeddings and
// norms. Muon's update is scaled by 0.2 * sqrt(max(rows, columns)), so that it is about as large as AdamW's
// (Liu et al., arXiv 2502.16982). Weight decay is decoupled and falls on the layers' matrices only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/decoder.h"
#include "train/trainer.h"

namespace retort {

// Five steps of the quintic Newton-Schulz iteration on a stack of matrices (N, rows, columns): singular
// values come near 1, singular vectors stay.
torch::Tensor orthogonalize(const torch::Tensor& matrices_NRC);

class Optimizer {
 public:
  // Holds on to the decoder's weights, not to the decoder. Requires options.optimizer "adamw" or "muon".
  Optimizer(Decoder& decoder, const TrainOptions& options);

  // Scales all gradients down to a norm of options.clip_norm where they exceed it; gives the norm before.
  double clip_gradients();
  // Updates every weight from its gradient. `share` of the peak learning rates; `step` counts from 0.
  void step(double share, int64_t step);
  void clear_gradients();
  // All that a checkpoint must hold beside the weights, with names; the tensors are the live ones.
  std::vector<std::pair<std::string, torch::Tensor>> state() const;

 private:
  // Weights under AdamW with the same decay.
  struct AdamwGroup {
    std::vector<std::string> names;
    std::vector<torch::Tensor> weights, first, second;
    double learning_rate = 0, weight_decay = 0;
  };
  // Matrices of one shape under Muon, so that Newton-Schulz runs as one stack.
  struct MuonGroup {
    std::vector<torch::Tensor> weights;
    torch::Tensor momentum_NRC;
  };
  void add_adamw(AdamwGroup& group, const std::string& name, const torch::Tensor& weight);
  void add_muon(const torch::Tensor& weight);
  void step_adamw(AdamwGroup& group, double share, int64_t step);
  void step_muon(MuonGroup& group, double share);

  TrainOptions options_;
  std::vector<torch::Tensor> weights_;
  AdamwGroup plain_, decayed_;
  std::vector<MuonGroup> muon_;
};

}  // namespace retort
