// How likely a model finds given responses: a second door out of the torch rooms beside student.h, for
// measures of difficulty that cost no call. No torch type crosses it. Threads: one at a time.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "student/student.h"

namespace retort {

// Means in nats a token. Instruction-following difficulty (IFD, Li et al., arXiv 2308.12032) compares the
// loss of a response after its instruction with its loss alone, over the same tokens: all but the first,
// which alone has nothing before it.
struct ResponseFit {
  double loss = 0;     // after the instruction, over the whole response and its end
  int64_t tokens = 0;  // of the response, without its end; below two there is no IFD
  double after_prompt = 0, alone = 0;
  bool has_ifd() const { return tokens >= 2 && alone > 0; }
  double ifd() const { return after_prompt / alone; }  // 1 and above: the instruction does not help
};

class ResponseScorer {
 public:
  // As Student::open.
  static Result<std::unique_ptr<ResponseScorer>> open(const Path& from, const StudentOptions& options);
  virtual ~ResponseScorer() = default;
  // One entry an example, in order, whatever its company. Requires examples that fit in the context.
  virtual std::vector<ResponseFit> fit(std::span<const Example> examples) = 0;
  virtual int64_t count_tokens(std::string_view instruction,
                               std::string_view response) = 0;  // with the template's own
  virtual int64_t context() const = 0;
  virtual int64_t weight_count() const = 0;
};

}  // namespace retort
