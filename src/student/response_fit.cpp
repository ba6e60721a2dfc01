#include "student/response_fit.h"

#include "generate/score.h"
#include "student/guard.h"
#include "student/opened_model.h"
#include "student/setup.h"

namespace retort {
namespace {

ResponseFit fit_of(std::span<const float> whole, std::span<const float> alone) {
  ResponseFit fit{.loss = mean_nll(whole), .tokens = static_cast<int64_t>(whole.size()) - 1};
  if (fit.tokens < 2) return fit;
  fit.after_prompt = mean_nll(whole.subspan(1, whole.size() - 2));
  fit.alone = mean_nll(alone);
  return fit;
}

class TorchScorer : public ResponseScorer {
 public:
  TorchScorer(ReadyModel model, torch::Device device) : model_(std::move(model)), device_(device) {}

  std::vector<ResponseFit> fit(std::span<const Example> examples) override {
    std::vector<TokenSequence> sequences;  // each response after its prompt, and alone
    for (const Example& example : examples) {
      TokenSequence whole = model_.chat.example(example.instruction, example.response);
      // The end token belongs to the template, not to the answer.
      TokenSequence alone{{whole.tokens.begin() + whole.response_begin, whole.tokens.end() - 1}, 1};
      if (alone.tokens.empty()) alone.tokens = {whole.tokens.front()};
      sequences.push_back(std::move(whole));
      sequences.push_back(std::move(alone));
    }
    const std::vector<std::vector<float>> scores = guarded_or_throw("scoring", [&] {
      set_matmul_mode(MatmulMode::Fp32, device_);
      return score_responses(model_.decoder, sequences);
    });
    std::vector<ResponseFit> fits;
    for (size_t i = 0; i < scores.size(); i += 2) fits.push_back(fit_of(scores[i], scores[i + 1]));
    return fits;
  }
  int64_t count_tokens(std::string_view instruction, std::string_view response) override {
    return static_cast<int64_t>(model_.chat.example(instruction, response).tokens.size());
  }
  int64_t context() const override { return model_.decoder.config.context; }
  int64_t weight_count() const override { return retort::weight_count(model_.decoder); }

 private:
  ReadyModel model_;
  torch::Device device_;
};

}  // namespace

Result<std::unique_ptr<ResponseScorer>> ResponseScorer::open(const Path& from,
                                                             const StudentOptions& options) {
  return guarded("opening the model", [&]() -> Result<std::unique_ptr<ResponseScorer>> {
    torch::Device device = RETORT_TRY(prepare_machine(options));
    return std::unique_ptr<ResponseScorer>(
        new TorchScorer(RETORT_TRY(open_ready(from, device, options.chat_template)), device));
  });
}

}  // namespace retort
