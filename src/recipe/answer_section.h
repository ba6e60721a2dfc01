// The run file's [answers]: how many answers the teacher gives to a question, which of them is kept, and what
// becomes of the reasoning before it. Every recipe obeys it; `ekt` is nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace retort {

struct AnswersSection {
  int64_t samples = 1;
  std::vector<std::string> checks;
  double agree = 1.0;
  std::string prefer = "shortest";
  std::string reasoning = "drop";
  int64_t reasoning_words_max = 0;
  bool explained = false;
  double run_seconds = 5;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("samples", samples, "answers of the teacher to one question; the first right one of them is kept");
    visit(
        "checks", checks,
        "what an answer must pass, in this order: gold (ends as the row's own answer does; rows without one "
        "pass; wants data.answers = \"gold\"), vote (ends as the others do), form (keeps the formats that "
        "the question names, its code has an end and its brackets match), run (its Python runs to its end in "
        "bubblewrap)");
    visit("agree", agree, "vote: share of the samples that must end alike (1: all)");
    visit("prefer", prefer, "of those that pass: the shortest, or the first");
    visit("reasoning", reasoning,
          "what a teacher thought before its answer: the student learns it too, between <think> and </think> "
          "(keep), or the answer alone (drop); it is stored in any case");
    visit("reasoning_words_max", reasoning_words_max,
          "keep: an answer with more words of reasoning is not trained on; 0: any");
    visit(
        "explained", explained,
        "what the student is trained on, the teacher explains under one of Orca's system messages ([orca])");
    visit("run_seconds", run_seconds, "run: seconds until a program is given up");
  }

  bool is_checked() const { return samples > 1 || !checks.empty(); }
};

}  // namespace retort
