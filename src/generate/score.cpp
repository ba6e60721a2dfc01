#include "generate/score.h"

#include <algorithm>

#include "base/check.h"
#include "nn/cross_entropy.h"

namespace retort {
namespace {

size_t first_scored(const TokenSequence& sequence) {
  return static_cast<size_t>(std::max(1, sequence.response_begin));
}

// Sequences side by side in one row, and which hidden states speak of which tokens.
struct ScorePass {
  std::vector<int64_t> tokens, positions, documents, predicting, targets;

  void add(const TokenSequence& sequence, int64_t document) {
    for (size_t i = 0; i < sequence.tokens.size(); ++i) {
      if (i >= first_scored(sequence)) {
        predicting.push_back(static_cast<int64_t>(tokens.size()) - 1);
        targets.push_back(sequence.tokens[i]);
      }
      tokens.push_back(sequence.tokens[i]);
      positions.push_back(static_cast<int64_t>(i));
      documents.push_back(document);
    }
  }

  // Losses of the targets, in their order, on the CPU.
  torch::Tensor losses(const Decoder& decoder, int64_t logits_max) const {
    torch::Device device = decoder.embedding_VD.device();
    auto row = [&](const std::vector<int64_t>& values) {
      return torch::tensor(values, torch::kInt64).to(device);
    };
    PackedBatch batch{row(tokens).unsqueeze(0), row(positions).unsqueeze(0), row(documents).unsqueeze(0)};
    torch::Tensor hidden_RD = hidden_states(decoder, batch).flatten(0, 1).index_select(0, row(predicting));
    torch::Tensor targets_R = row(targets);
    int64_t step = std::max<int64_t>(1, logits_max / decoder.head_VD.size(0));
    std::vector<torch::Tensor> losses;
    for (int64_t begin = 0; begin < hidden_RD.size(0); begin += step) {
      int64_t count = std::min(step, hidden_RD.size(0) - begin);
      torch::Tensor logits_CV = logits_of(decoder, hidden_RD.narrow(0, begin, count)).to(torch::kFloat32);
      losses.push_back(cross_entropy_in_place(logits_CV, targets_R.narrow(0, begin, count)));
    }
    return torch::cat(losses).to(torch::kCPU);
  }
};

}  // namespace

std::vector<std::vector<float>> score_responses(const Decoder& decoder,
                                                std::span<const TokenSequence> sequences,
                                                const ScoreOptions& options) {
  torch::NoGradGuard no_grad;
  std::vector<std::vector<float>> scores(sequences.size());
  for (size_t begin = 0, end = 0; begin < sequences.size(); begin = end) {
    ScorePass pass;
    for (; end < sequences.size(); ++end) {
      size_t tokens = pass.tokens.size() + sequences[end].tokens.size();
      if (end > begin && static_cast<int64_t>(tokens) > options.tokens_per_pass) break;
      pass.add(sequences[end], static_cast<int64_t>(end - begin));
    }
    if (pass.targets.empty()) continue;
    torch::Tensor losses_R = pass.losses(decoder, options.logits_max);
    const float* loss = losses_R.const_data_ptr<float>();
    for (size_t i = begin; i < end; ++i)
      for (size_t t = first_scored(sequences[i]); t < sequences[i].tokens.size(); ++t)
        scores[i].push_back(-*loss++);
  }
  return scores;
}

double mean_nll(std::span<const float> log_probabilities) {
  RETORT_CHECK(!log_probabilities.empty(), "no token to take the likelihood of");
  double sum = 0;
  for (float log_probability : log_probabilities) sum -= log_probability;
  return sum / static_cast<double>(log_probabilities.size());
}

std::vector<ResponseLoss> response_losses(const Decoder& decoder,
                                          std::span<const std::vector<int32_t>> prompts,
                                          std::span<const std::vector<int32_t>> responses,
                                          const ScoreOptions& options) {
  RETORT_CHECK(prompts.size() == responses.size(), "{} prompts, {} responses", prompts.size(),
               responses.size());
  std::vector<TokenSequence> sequences;  // each response after its prompt, and alone
  for (size_t i = 0; i < prompts.size(); ++i) {
    RETORT_CHECK(responses[i].size() >= 2, "response {} has {} tokens", i, responses[i].size());
    TokenSequence whole{prompts[i], static_cast<int32_t>(prompts[i].size()) + 1};
    whole.tokens.insert(whole.tokens.end(), responses[i].begin(), responses[i].end());
    sequences.push_back(std::move(whole));
    sequences.push_back({responses[i], 1});
  }
  std::vector<std::vector<float>> scores = score_responses(decoder, sequences, options);
  std::vector<ResponseLoss> losses;
  for (size_t i = 0; i < scores.size(); i += 2)
    losses.push_back({mean_nll(scores[i]), mean_nll(scores[i + 1]), static_cast<int64_t>(scores[i].size())});
  return losses;
}

}  // namespace retort
