// The practice teacher: answers, referees, writes new instructions as an OpenAI-compatible chat API would.
// Its replies, noise and bias included, are a pure function of request and seed. It finds out what it is
// asked by matching the product's own prompts (roles/prompt.h). It says of itself that it is a rule-based
// stand-in and no LLM.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/result.h"
#include "http/server.h"
#include "practice/world.h"

namespace retort::practice {

struct TeacherOptions {
  uint64_t seed = 1;
  std::string skew =
      "rare_is_hard";  // what "rarer" means to the generator: "rare_is_hard", "rare_is_easy", "uniform"
  double position_bias = 0.3;     // referee: points for whoever stands first
  double score_noise = 0.7;       // referee: standard deviation of the noise on each score
  double duplicate_share = 0.05;  // generator: repeats the seed with a small change
  double junk_share = 0.03;       // generator: writes something useless
  double error_share = 0.0;       // teacher: answers wrongly
  double reasoning_share = 0.0;   // teacher: tells what it thought before the answer
  // Faults on demand: shares of requests, by hash of the request and how often it was asked, so that a retry
  // can succeed.
  double fault_429 = 0, fault_500 = 0, fault_stall = 0, fault_truncate = 0, fault_garbage = 0;
  int64_t retry_after_ms = 50;  // sent with 429
  int64_t stall_ms = 2'000;
  double injected_share = 0.0;  // answers that carry a line which looks like a referee's score
  int64_t latency_ms = 0;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("seed", seed, "every reply is a function of the request and this number");
    visit("skew", skew, "frequency of kinds: rare_is_hard, rare_is_easy or uniform");
    visit("position_bias", position_bias, "referee: points for the answer that stands first");
    visit("score_noise", score_noise, "referee: standard deviation of the noise on each score");
    visit("duplicate_share", duplicate_share, "generator: share of near copies of the seed");
    visit("junk_share", junk_share, "generator: share of useless texts");
    visit("error_share", error_share, "teacher: share of wrong answers");
    visit("reasoning_share", reasoning_share,
          "teacher: share of answers that come with their reasoning (the world's working)");
    visit("fault_429", fault_429, "share of requests answered 429 at first");
    visit("fault_500", fault_500, "share of requests answered 500 at first");
    visit("fault_stall", fault_stall, "share of requests that stall for stall_ms at first");
    visit("fault_truncate", fault_truncate, "share of replies cut off in the middle of the body at first");
    visit("fault_garbage", fault_garbage, "share of replies that are no JSON at first");
    visit("retry_after_ms", retry_after_ms, "what a 429 asks to wait");
    visit("stall_ms", stall_ms, "how long a stall lasts");
    visit("injected_share", injected_share, "share of answers that hold a line like a referee's score");
    visit("latency_ms", latency_ms, "wait before every reply");
  }
};
// Skew by the name that `skew` has in the options; InvalidArgument for another one.
Result<Skew> parse_skew(std::string_view name);
// InvalidArgument with the option's name: an unknown skew, a share outside [0, 1], faults that add up to more
// than 1, a negative time or noise.
Result<void> check_teacher_options(const TeacherOptions& options);

struct Question;  // a parsed request (practice/question.h)

// The body of POST /v1/chat/completions for a request body; an error body when the request is malformed.
struct TeacherReply {
  int status = 200;
  std::string body;
};
class PracticeTeacher {
 public:
  // Requires options that check_teacher_options accepts.
  explicit PracticeTeacher(const TeacherOptions& options);
  ~PracticeTeacher();
  TeacherReply reply(const std::string& request_body) const;  // thread-safe, no faults
  TeacherReply reply(const Question& question) const;         // the same for a request that is parsed already

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Serves it: POST /v1/chat/completions, GET /v1/models, GET /health, GET /stats ({"requests": N, "by_hash":
// {sha256 of canonical request: times asked}}).
class TeacherServer {
 public:
  static Result<std::unique_ptr<TeacherServer>> start(const TeacherOptions& options, const std::string& host,
                                                      int port);
  virtual ~TeacherServer() = default;
  virtual std::string base_url() const = 0;  // "http://127.0.0.1:PORT/v1"
};

}  // namespace retort::practice
