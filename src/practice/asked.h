// What a request asks the practice teacher to be: found by matching the product's own prompts, the system
// message first, so that the tens of thousands of requests of a run cost one comparison each. Whatever fits
// none of them is a plain question, as a curious user would send it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "practice/world.h"
#include "roles/evolver.h"
#include "roles/generator.h"
#include "roles/prompt.h"
#include "roles/rewriter.h"
#include "roles/task_batch.h"

namespace retort::practice {

// Answer this; `explain` when the system message wants the working too.
struct AskedAnswer {
  std::string instruction;
  bool explain = false;
};
// Score these two.
struct AskedVerdict {
  std::string instruction, first, second;
};
// Write a new one.
struct AskedInstruction {
  std::string seed_text;
  WriteMode mode = WriteMode::SameTask;
};
// Say which of the 32 tasks it is.
struct AskedLabel {
  std::string instruction;
};
// Write the answer anew, between lines that carry the mark; `explain` when the style wants the way to it.
struct AskedRewrite {
  std::string instruction, answer, mark;
  bool explain = false;
};
// Go on with a list of tasks.
struct AskedBatch {
  std::vector<BatchTask> samples;
  int64_t next = 1, last = 1;
  BatchForm form = BatchForm::Tasks;
};
// Make it harder, or go to a rarer corner.
struct AskedEvolution {
  std::string seed_text;
  Evolution evolution = Evolution::Constrain;
};
// Say whether both ask for the same.
struct AskedComparison {
  std::string first, second;
};
// Be the judge of an evaluation (eval/judge.h): of two answers, or of one, then `second` is empty. Of a
// conversation of two questions, the second one and its answers.
struct AskedJudgement {
  enum class Form { ScoresFirst, ScoresLast, Grade, Better, Prefer };
  Form form = Form::Grade;
  std::string instruction, first, second;
};
using Asked = std::variant<AskedAnswer, AskedVerdict, AskedInstruction, AskedLabel, AskedRewrite, AskedBatch,
                           AskedEvolution, AskedComparison, AskedJudgement>;

class Reader {
 public:
  Reader();
  Asked read(const std::vector<ChatMessage>& messages) const;

 private:
  std::optional<Asked> read_writer_request(const std::vector<ChatMessage>& messages) const;
  std::optional<AskedJudgement> read_judgement(const std::vector<ChatMessage>& messages) const;
  AskedAnswer read_question(const std::vector<ChatMessage>& messages) const;

  Prompt teacher_, referee_, generate_hard_, generate_easy_, classifier_;
  std::map<AnswerStyle, Prompt> rewriter_;
  std::map<Evolution, Prompt> evolver_;
  Prompt compare_, batch_, alpaca_;
  std::vector<std::pair<AskedJudgement::Form, Prompt>> judges_;
  std::vector<ChatMessage> teacher_form_;  // teacher_ rendered, to put a user's text in
};

// An instruction as people write it: one of the world's, perhaps with a closing sentence that wants the
// working ("Explain your answer.").
struct Understood {
  Item item;
  bool explain = false;
};
std::optional<Understood> understand_request(std::string_view text);

}  // namespace retort::practice
