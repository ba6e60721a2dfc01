#include "student/student.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/utf8.h"
#include "generate/sampler.h"
#include "model/adapter.h"
#include "model/folder.h"
#include "student/folder_files.h"
#include "student/guard.h"
#include "student/opened_model.h"
#include "student/setup.h"
#include "tokenizer/chat_template.h"
#include "train/trainer.h"

namespace retort {
namespace {

TrainOptions train_options(const ImitateOptions& o) {
  TrainOptions t;
  t.optimizer = o.optimizer;
  t.learning_rate = o.learning_rate;
  t.adamw_learning_rate = o.adamw_learning_rate;
  t.weight_decay = o.weight_decay;
  t.clip_norm = o.clip_norm;
  t.momentum = o.momentum;
  t.warmup_share = o.warmup_share;
  t.final_share = o.final_share;
  t.epochs = o.epochs;
  t.schedule = o.schedule;
  t.steps = o.steps;
  t.rows_per_step = o.rows_per_step;
  t.row_tokens = o.row_tokens;
  t.checkpoint_every_steps = o.checkpoint_every_steps;
  t.seed = o.seed;
  t.recompute = o.recompute;
  return t;
}

SamplingOptions sampling_options(const StudentSampling& s, uint64_t seed) {
  SamplingOptions o;
  o.temperature = s.temperature;
  o.top_k = s.top_k;
  o.top_p = s.top_p;
  o.min_p = s.min_p;
  o.repetition_penalty = s.repetition_penalty;
  o.tokens_max = s.tokens_max;
  o.slots = s.slots;
  o.seed = seed;
  return o;
}

// Whether the end of an answer holds a stop: of its last tokens, of which the longest stop's bytes and a few
// without text are enough. Where exactly is found in the whole text, once it has ended.
std::function<bool(size_t, std::span<const int32_t>)> stop_test_of(const Tokenizer& tokenizer,
                                                                   const std::vector<std::string>& stops) {
  size_t longest = 0;
  for (const std::string& stop : stops) longest = std::max(longest, stop.size());
  if (longest == 0) return {};
  return [&tokenizer, stops, tail = longest + 4](size_t, std::span<const int32_t> tokens) {
    auto last = tokens.last(std::min(tail, tokens.size()));
    const std::string text = tokenizer.decode(last);
    for (const std::string& stop : stops)
      if (!stop.empty() && text.find(stop) != std::string::npos) return true;
    return false;
  };
}

// The text up to the first of the stops.
std::string cut_at_stop(std::string text, const std::vector<std::string>& stops) {
  size_t end = text.size();
  for (const std::string& stop : stops)
    if (!stop.empty()) end = std::min(end, text.find(stop));
  text.resize(end);
  return text;
}

// An adapter while it is trained. Whatever ends the training, none is left on the decoder.
class AdapterScope {
 public:
  AdapterScope(Decoder& decoder, const ImitateOptions& options)
      : decoder_(decoder),
        options_{.rank = options.lora_rank, .alpha = options.lora_alpha, .targets = options.lora_targets} {}
  ~AdapterScope() {
    for (auto& [name, weight] : adapter_weights(decoder_)) weight->zero_();
    merge_adapters(decoder_);
  }
  AdapterScope(const AdapterScope&) = delete;
  AdapterScope& operator=(const AdapterScope&) = delete;

  Result<void> attach(uint64_t seed) {
    if (options_.rank == 0) return {};
    return attach_adapters(decoder_, options_, seed);
  }
  Result<void> keep(const Path& folder, const std::string& base) {
    if (options_.rank != 0 && !folder.empty())
      RETORT_TRY(save_adapter_folder(folder, decoder_, options_, base));
    merge_adapters(decoder_);
    return {};
  }

 private:
  Decoder& decoder_;
  AdapterOptions options_;
};

class TorchStudent : public Student {
 public:
  TorchStudent(Decoder decoder, std::unique_ptr<Tokenizer> tokenizer, ChatTemplate chat, FolderFiles files,
               MatmulMode training, uint64_t seed)
      : decoder_(std::move(decoder)),
        tokenizer_(std::move(tokenizer)),
        chat_(std::move(chat)),
        files_(std::move(files)),
        training_(training),
        seed_(seed) {}

  StudentSampling& sampling() override { return sampling_; }
  int64_t weight_count() const override { return retort::weight_count(decoder_); }
  int64_t context() const override { return decoder_.config.context; }
  std::string precision() const override { return training_ == MatmulMode::Bf16 ? "bf16" : "fp32"; }
  int64_t count_tokens(std::string_view instruction, std::string_view response) override {
    return static_cast<int64_t>(chat_.example(instruction, response).tokens.size());
  }

  std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) override {
    std::vector<SampleRequest> requests;
    for (const Instruction& instruction : instructions)
      requests.push_back({chat_.prompt(instruction.text), fnv1a64(instruction.text)});
    std::vector<Sample> samples = guarded_or_throw("answering", [&] {
      // Never less than fp32: there the company in a batch changes no answer.
      set_matmul_mode(MatmulMode::Fp32, device());
      SamplingOptions options = sampling_options(sampling_, seed_);
      options.stop_test = stop_test_of(*tokenizer_, sampling_.stop);
      return sample(answering_decoder(), requests, chat_.end_token(), options);
    });
    std::vector<Result<Answer>> answers;
    for (size_t i = 0; i < samples.size(); ++i)
      answers.push_back(make_answer(static_cast<int64_t>(requests[i].prompt.size()), samples[i]));
    return answers;
  }

  Result<ImitateReport> imitate(const ExampleSource& examples, const ImitateOptions& options,
                                const Path& checkpoint_folder,
                                const std::function<void(const ImitateProgress&)>& progress) override {
    ImitateReport report;
    std::vector<TokenSequence> data;
    examples([&](const Example& example) { encode(example, options.row_tokens, data, report.too_long); });
    auto tell = [&](const TrainProgress& p) {
      if (progress)
        progress({p.step, p.steps, p.loss, p.tokens_per_second, p.gradient_norm, p.learning_rate});
    };
    TrainReport done = RETORT_TRY(guarded("training", [&]() -> Result<TrainReport> {
      set_matmul_mode(training_, device());
      int8_.reset();
      TrainOptions train_with = train_options(options);
      train_with.compute = precision();
      AdapterScope adapter(decoder_, options);
      RETORT_TRY(adapter.attach(options.seed));
      TrainReport trained = RETORT_TRY(train(decoder_, data, train_with, checkpoint_folder, tell));
      RETORT_TRY(adapter.keep(options.lora_folder, options.lora_base));
      return trained;
    }));
    report.memory = done.memory;
    report.steps = done.steps;
    report.tokens = done.tokens;
    report.first_loss = done.first_loss;
    report.last_loss = done.last_loss;
    report.seconds = done.seconds;
    report.padding_share = done.padding_share;
    return report;
  }

  double mean_loss(std::span<const Example> examples, int64_t row_tokens) override {
    std::vector<int64_t> too_long;
    std::vector<TokenSequence> data;
    for (const Example& example : examples) encode(example, row_tokens, data, too_long);
    if (data.empty())
      throw RunError(
          ErrorCode::InvalidArgument,
          format("none of {} examples fits in {} tokens; raise train.row_tokens or student.context",
                 examples.size(), row_tokens));
    return guarded_or_throw("measuring the loss", [&] {
      set_matmul_mode(MatmulMode::Fp32, device());
      return retort::mean_loss(decoder_, data, row_tokens);
    });
  }

  Result<void> save(const Path& folder, const std::string& precision) override {
    if (precision != "fp32" && precision != "bf16")
      return Error{ErrorCode::InvalidArgument,
                   format("cannot save weights as \"{}\"; use \"fp32\" or \"bf16\"", precision)};
    torch::ScalarType dtype = precision == "bf16" ? torch::kBFloat16 : torch::kFloat32;
    RETORT_TRY(write_folder_files(folder, files_, *tokenizer_, chat_, sampling_, context()));
    return guarded("saving the student", [&] {
      return save_model_folder(folder, decoder_, config_extra(files_, *tokenizer_, chat_), dtype);
    });
  }

 private:
  torch::Device device() const { return decoder_.embedding_VD.device(); }

  const Decoder& answering_decoder() {
    if (sampling_.precision != "int8") return decoder_;
    or_throw(check_int8(device()));
    if (!int8_) int8_ = int8_for_decoding(decoder_);
    return *int8_;
  }

  Result<Answer> make_answer(int64_t prompt_tokens, const Sample& sample) const {
    if (prompt_tokens >= context())
      return Error{
          ErrorCode::InvalidArgument,
          format("the prompt has {} tokens, which leaves no room for an answer in the student's context "
                 "of {}; drop the instruction or take a student with a longer context",
                 prompt_tokens, context())};
    Answer answer;
    answer.text = replace_invalid_utf8(
        chat_.response_in(cut_at_stop(tokenizer_->decode(sample.tokens), sampling_.stop)));
    answer.finish = sample.ended ? Finish::Stop : Finish::Length;
    answer.tokens_in = prompt_tokens;
    answer.tokens_out = static_cast<int64_t>(sample.tokens.size());
    return answer;
  }

  // Into `data` if it fits in a row and in the context, else its id into `too_long`.
  void encode(const Example& example, int64_t row_tokens, std::vector<TokenSequence>& data,
              std::vector<int64_t>& too_long) const {
    TokenSequence sequence = chat_.example(example.instruction, example.response);
    if (static_cast<int64_t>(sequence.tokens.size()) > std::min(row_tokens, context())) {
      too_long.push_back(example.id);
      return;
    }
    sequence.tokens.shrink_to_fit();  // all of them are in memory while it trains
    data.push_back(std::move(sequence));
  }

  Decoder decoder_;
  std::optional<Decoder> int8_;  // of the decoder as it is, once it has answered so
  std::unique_ptr<Tokenizer> tokenizer_;
  ChatTemplate chat_;  // refers to the tokenizer
  FolderFiles files_;
  StudentSampling sampling_;
  MatmulMode training_;
  uint64_t seed_;
};

Result<std::unique_ptr<Student>> assemble(ReadyModel model, torch::Device device,
                                          const StudentOptions& options) {
  MatmulMode training = RETORT_TRY(choose_precision(options.precision, device, model.decoder.config.width));
  return std::unique_ptr<Student>(new TorchStudent(std::move(model.decoder), std::move(model.tokenizer),
                                                   std::move(model.chat), std::move(model.files), training,
                                                   options.seed));
}

}  // namespace

Result<std::unique_ptr<Student>> Student::open(const Path& from, const StudentOptions& options) {
  return guarded("opening the student", [&]() -> Result<std::unique_ptr<Student>> {
    torch::Device device = RETORT_TRY(prepare_machine(options));
    return assemble(RETORT_TRY(open_ready(from, device, options.chat_template)), device, options);
  });
}

Result<std::unique_ptr<Student>> Student::make_fresh(const StudentShape& s, const std::string& tokenizer_json,
                                                     const StudentOptions& options) {
  return guarded("making a student", [&]() -> Result<std::unique_ptr<Student>> {
    torch::Device device = RETORT_TRY(prepare_machine(options));
    RETORT_TRY(check_shape(s));
    std::unique_ptr<Tokenizer> tokenizer = RETORT_TRY(Tokenizer::parse(tokenizer_json));
    DecoderConfig config{.vocabulary = tokenizer->size(),
                         .width = s.width,
                         .layers = s.layers,
                         .heads = s.heads,
                         .kv_heads = s.kv_heads,
                         .head_width = s.width / s.heads,
                         .feed_forward = s.feed_forward,
                         .rope_base = s.rope_base,
                         .context = s.context};
    return assemble(RETORT_TRY(make_ready(make_decoder(config, options.seed), std::move(tokenizer), {},
                                          device, options.chat_template)),
                    device, options);
  });
}

}  // namespace retort
