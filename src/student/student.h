// The student, and the only door out of the torch rooms: open, answer, imitate, save. No torch type crosses
// it. Threads: one at a time.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "data/answer.h"
#include "data/example.h"

namespace retort {

struct StudentShape {  // of a fresh architecture
  int64_t width = 128, layers = 4, heads = 4, kv_heads = 4, feed_forward = 352;
  double rope_base = 300;
  int64_t context = 512;
};
struct StudentOptions {
  std::string chat_template = "practice";  // tokenizer/chat_template.h; "own": the model's
  std::string device = "auto";             // "auto", "cpu", "cuda"
  std::string precision = "auto";          // "auto", "fp32", "bf16": of the matrix products in training
  int threads = 0;                         // 0: the machine's cores
  uint64_t seed = 0;
};
struct StudentSampling {  // Lion: temperature 0.7, top_k 50 (the library default that its code leaves on),
                          // 1,024 tokens
  double temperature = 0.0;
  int64_t top_k = 0;
  double top_p = 1.0;
  double min_p = 0.0;               // 0: off
  double repetition_penalty = 1.0;  // 1: off
  int64_t tokens_max = 64;
  int64_t slots = 128;
  std::vector<std::string> stop;  // texts that end an answer and are left out of it
  // Of the weights that answer: "fp32", those that were trained; "int8", on the CPU alone, several times as
  // fast (nn/int8_linear.h). In both the company in a batch changes no answer.
  std::string precision = "fp32";
};
// TrainOptions of train/trainer.h in words; see there for meaning, units and sources.
struct ImitateOptions {
  std::string optimizer = "muon";
  double learning_rate = 6e-3, adamw_learning_rate = 3e-3, weight_decay = 0.0, clip_norm = 1.0,
         momentum = 0.95;
  double warmup_share = 0.03, final_share = 0.0, epochs = 3;
  std::string schedule = "cosine";
  int64_t steps = 0, rows_per_step = 8, row_tokens = 128, checkpoint_every_steps = 0;
  uint64_t seed = 0;
  std::string recompute = "auto";
  // LoRA (model/adapter.h): the adapter alone is trained, and merged into the weights at the end, so that the
  // next round goes on from the merged weights with a fresh adapter. Rank 0: all weights are trained.
  int64_t lora_rank = 0;
  double lora_alpha = 32;
  std::vector<std::string> lora_targets = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                           "gate_proj", "up_proj", "down_proj"};
  // Where the trained adapter is written in PEFT's format before it is merged (empty: nowhere), and what PEFT
  // shall load its base from.
  Path lora_folder;
  std::string lora_base;
};
struct ImitateReport {
  int64_t steps = 0, tokens = 0;
  double first_loss = 0, last_loss = 0, seconds = 0, padding_share = 0;
  std::string memory;             // what training held, in words
  std::vector<int64_t> too_long;  // Example ids that do not fit in row_tokens; they were not trained on
};
struct ImitateProgress {
  int64_t step = 0, steps = 0;
  double loss = 0, tokens_per_second = 0;
  double gradient_norm = 0, learning_rate = 0;
};

class Student : public Answerer {
 public:
  // A Hugging Face folder (with tokenizer.json), or a GGUF file, whose weights become real numbers again.
  static Result<std::unique_ptr<Student>> open(const Path& from, const StudentOptions& options);
  // Fresh weights from the seed, with this tokenizer.
  static Result<std::unique_ptr<Student>> make_fresh(const StudentShape& shape,
                                                     const std::string& tokenizer_json,
                                                     const StudentOptions& options);
  virtual StudentSampling& sampling() = 0;
  // Answer streams are named by (options.seed, hash of the instruction's text).
  std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) override = 0;
  // Goes on from the weights it has. `checkpoint_folder` as in train().
  virtual Result<ImitateReport> imitate(const ExampleSource& examples, const ImitateOptions& options,
                                        const Path& checkpoint_folder,
                                        const std::function<void(const ImitateProgress&)>& progress = {}) = 0;
  Result<ImitateReport> imitate(std::span<const Example> examples, const ImitateOptions& options,
                                const Path& checkpoint_folder,
                                const std::function<void(const ImitateProgress&)>& progress = {}) {
    const auto show_all = [examples](const std::function<void(const Example&)>& show) {
      for (const Example& example : examples) show(example);
    };
    return imitate(ExampleSource(show_all), options, checkpoint_folder, progress);
  }
  virtual double mean_loss(std::span<const Example> examples, int64_t row_tokens) = 0;
  virtual int64_t count_tokens(std::string_view instruction,
                               std::string_view response) = 0;  // with the template's own
  virtual int64_t weight_count() const = 0;
  virtual int64_t context() const = 0;
  virtual std::string precision() const = 0;  // what "auto" became: "fp32" or "bf16"
  // A folder that transformers loads: config.json, model.safetensors, tokenizer.json, tokenizer_config.json,
  // generation_config.json. precision "fp32" or "bf16" of the file.
  virtual Result<void> save(const Path& folder, const std::string& precision) = 0;
};

}  // namespace retort
