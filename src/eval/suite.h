// The benchmarks that `retort eval` knows: what each asks, how it is scored, which official files it reads.
// The data are not ours and not in the program: a user names the folder that holds them, or fetches them
// (eval/fetch_list.h). Sources: specs of Orca (arXiv 2306.02707, Appendix), Lion (2305.12870, section 5),
// FastChat, AGIEval, BIG-Bench Hard, AlpacaEval, IFEval.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"

namespace retort {

struct EvalQuestion {
  std::string id;                    // unique in its suite: "navigate/17"
  std::string task;                  // what figures are also given of: a BBH task, a Vicuna category
  std::vector<std::string> turns;    // what is asked, one after the other; at least one
  std::vector<std::string> options;  // of a multiple choice, without their letters; empty: the answer is free
  std::string gold;                  // "B", "2", or the target's text; empty where a judge decides
  std::vector<std::string> references;  // answers to measure against, one a turn; empty: there are none
  Json checks;                          // ifeval: [{"id": "...", ...arguments}]
  double temperature = 0;
};

// How answers become figures.
enum class Protocol {
  Letter,       // a letter: by the paper's first-letter rule and by a robust reader
  Digit,        // the same with numbered options (TruthfulQA as Orca asks it)
  FreeForm,     // BBH's own targets, strict and flexible
  Exact,        // equal to the target, white space at both ends aside
  Constraints,  // what a program can verify (IFEval)
  PairScores,   // a judge gives two scores, reference and candidate (Vicuna)
  PairChoice,   // a judge says which answer is better, in both orders
  Grade,        // a judge grades one answer from 1 to 10 (MT-Bench)
  Preference,   // a judge's log-probabilities say which of two is better (AlpacaEval)
};
// What a protocol works with beside the answers.
bool needs_judge(Protocol protocol);
bool needs_reference(Protocol protocol);  // another model's answers to the same questions

struct Suite {
  std::string_view name;
  std::string_view doc;   // one line, for `eval --list`
  std::string_view data;  // the files that it reads, under the data folder
  Protocol protocol = Protocol::Letter;
  int64_t tokens_max = 1024;  // of an answer
  // NotFound, Malformed. None for what the program makes itself (practice).
  Result<std::vector<EvalQuestion>> (*read)(const Path& folder) = nullptr;
};

std::span<const Suite> suites();
// InvalidArgument names the nearest.
Result<const Suite*> find_suite(std::string_view name);

// What a question is like without its answer: the share that guessing gets, and the share that always
// answering the most frequent target of a task gets; means over the tasks, from 0 to 1. A free answer is
// never guessed.
struct BaseLevels {
  double chance = 0, majority = 0;
};
BaseLevels base_levels(std::span<const EvalQuestion> questions);

// ---- the readers; `folder` is the data folder ----
Result<std::vector<EvalQuestion>> read_bbh_choices(const Path& folder);  // 23 tasks, lettered
Result<std::vector<EvalQuestion>> read_bbh_free(const Path& folder);     // 27 tasks as they are
Result<std::vector<EvalQuestion>> read_agieval(const Path& folder);      // those of the eight that are there
Result<std::vector<EvalQuestion>> read_truthfulqa(const Path& folder);   // numbered from 0
Result<std::vector<EvalQuestion>> read_ifeval(const Path& folder);
Result<std::vector<EvalQuestion>> read_vicuna80(const Path& folder);
Result<std::vector<EvalQuestion>> read_user252(const Path& folder);
Result<std::vector<EvalQuestion>> read_mt_bench(const Path& folder);
Result<std::vector<EvalQuestion>> read_alpaca_eval(const Path& folder);

// AGIEval's zero-shot form, which Orca uses for BBH too: passage, question, lettered options on one line, and
// a cue that names the range of letters (specs/orca_and_methods.md 3.4).
std::string choice_prompt(std::string_view passage, std::string_view question,
                          std::span<const std::string> options);
// The letter of an option: 0 is 'A'.
char option_letter(size_t index);

}  // namespace retort
