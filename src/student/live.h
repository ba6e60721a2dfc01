// A model that answers whoever comes: a request joins the running batch, its text comes out as it is made,
// and it may be taken back. For a server. No torch type crosses it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/answer.h"
#include "student/student.h"
#include "tokenizer/chat_template.h"

namespace retort {

enum class TokenDetail { None, LogProbabilities };
enum class LiveEnd { EndToken, TokensMax };  // TokensMax: the end token is one like any other

struct LiveSettings {
  double temperature = 1.0;           // 0: greedy
  int64_t top_k = 0;                  // 0: off
  double top_p = 1.0;                 // 1: off
  double min_p = 0.0;                 // 0: off
  double repetition_penalty = 1.0;    // 1: off
  std::optional<int64_t> tokens_max;  // new tokens a sample; none: as many as its slot holds
  int64_t samples = 1;                // of the one prompt
  uint64_t seed = 0;
  std::vector<std::string> stop;  // texts that end a sample and are left out of it
  LiveEnd end = LiveEnd::EndToken;
  TokenDetail detail = TokenDetail::None;
  int64_t likeliest = 0;  // with detail: how many of the likeliest tokens to tell at each place
};
struct LiveRequest {
  std::vector<int32_t> prompt;
  // Names the random streams (settings.seed, stream). The hash of an instruction's text gives the draws of
  // Student::answer.
  uint64_t stream = 0;
  LiveSettings settings;
  // Response: what the model's template puts around a response is taken off; Plain: nothing is.
  enum class Text { Response, Plain } text = Text::Response;
};

struct LiveToken {
  std::string bytes;           // may cut a character
  double log_probability = 0;  // nats
  struct Other {
    std::string bytes;
    double log_probability = 0;
  };
  std::vector<Other> likeliest;
};
// What is new of one sample.
struct LivePiece {
  int64_t request = 0;
  size_t sample = 0;
  std::string text;               // often empty
  std::vector<LiveToken> tokens;  // of the text that is certain, when asked for
  int64_t token_count = 0;        // made so far, a closing token included
  std::optional<Finish> finish;   // Stop or Length: nothing more comes
};

struct LiveOptions {
  // precision "bf16": of weights and cache; "int8": of the matrices, on the CPU, else bf16; "auto": "fp32" on
  // a CPU, else "bf16".
  StudentOptions student;
  int64_t slots = 0;    // samples at once; 0: what memory allows, from 16 to 128
  int64_t context = 0;  // tokens of a sample, its prompt's included; 0: the model's, where memory allows
};

class LiveStudent {
 public:
  static Result<std::unique_ptr<LiveStudent>> open(const Path& from, const LiveOptions& options);
  virtual ~LiveStudent() = default;

  // From any thread.
  virtual Result<std::vector<int32_t>> prompt(std::span<const Message> messages) const = 0;
  // A text to be gone on with, as the model's tokenizer frames one.
  virtual std::vector<int32_t> text_prompt(std::string_view text) const = 0;
  virtual int64_t slots() const = 0;
  virtual int64_t context() const = 0;  // of a sample, its prompt's tokens included
  virtual int64_t vocabulary() const = 0;
  virtual int64_t weight_count() const = 0;
  virtual std::string precision() const = 0;

  // From one thread alone. `id` is the caller's and not in use; the prompt has at least one token and fewer
  // than context().
  virtual void submit(int64_t id, LiveRequest request) = 0;
  // Nothing more is told of it. An id that is not known is passed over.
  virtual void cancel(int64_t id) = 0;
  // One token more for every sample that is live. Throws RunError when the machine fails.
  virtual std::vector<LivePiece> step() = 0;
  virtual bool is_idle() const = 0;
  virtual int64_t live_count() const = 0;     // samples in slots
  virtual int64_t waiting_count() const = 0;  // requests none of whose samples has begun
  virtual int64_t made_tokens() const = 0;    // since it was opened
};

}  // namespace retort
