#include "recipe/method_sections.h"

#include <algorithm>

#include "recipe/run_file.h"
#include "roles/evolver.h"
#include "roles/system_message.h"
#include "roles/task_batch.h"

namespace retort {
namespace {

Result<void> check_range(const std::string& key, double value, double lo, double hi) {
  if (value >= lo && value <= hi) return {};
  return Error{ErrorCode::InvalidArgument, format("{} is {}; it must be from {} to {}", key, value, lo, hi)};
}

Error not_one_of(const std::string& key, const std::string& value, std::string_view allowed) {
  return {ErrorCode::InvalidArgument, format("{} is \"{}\"; it can be {}", key, value, allowed)};
}

// specs/tapir.md §1.9: LLaMA-2 students. What the paper does not say is what `retort init` writes.
RunFile tapir(int rounds, int64_t new_per_round) {
  RunFile file;
  file.recipe.name = "tapir";
  file.recipe.rounds = rounds;
  file.recipe.new_per_round = new_per_round;
  file.recipe.attempts_per_instruction = 5;  // a label is given up below one accepted of five
  file.data.kinds = "classifier";
  file.train.row_tokens = 2'048;
  file.train.epochs = 3;
  file.teacher.tokens_max = 2'048;
  file.student.sampling = {.temperature = 0.5, .tokens_max = 2'048};
  file.eval.practice_per_kind = 0;
  return file;
}

// specs/orca_and_methods.md §1.3-1.4. Optimizer, rate and batch are nowhere in the paper: ours.
RunFile orca() {
  RunFile file;
  file.recipe.name = "orca";
  file.recipe.rounds = 1;
  file.data.answers = "ask";
  file.teacher.top_p = file.teacher_2.top_p = 0.95;
  file.teacher.tokens_max = file.teacher_2.tokens_max = 2'048;
  file.train.row_tokens = 2'048;
  file.train.epochs = 4;
  file.eval.practice_per_kind = 0;
  file.export_.which = "last";
  return file;
}

// specs/orca_and_methods.md §2.1 and 2.3. One round is how the papers do it: write everything, then train.
RunFile self_instruct() {
  RunFile file = recipe_run_file("self-instruct");
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 52'000;
  file.recipe.replay = 0;
  file.eval.practice_per_kind = 0;
  file.export_.which = "last";
  return file;
}
RunFile alpaca() {
  RunFile file = self_instruct();
  file.recipe.writer = "alpaca";
  file.generator.temperature = 1;
  file.generator.top_p = 1;
  file.generator.tokens_max = 3'072;
  file.train.row_tokens = 512;
  file.train.epochs = 3;
  return file;
}
// Four rounds make some 250,000 of Alpaca's 52,000.
RunFile wizardlm() {
  RunFile file = recipe_run_file("evol-instruct");
  file.recipe.rounds = 4;
  file.recipe.new_per_round = 50'000;
  file.teacher.temperature = 1;
  file.teacher.top_p = 0.95;
  file.teacher.tokens_max = 2'048;
  file.train.row_tokens = 2'048;
  file.train.epochs = 3;
  file.eval.practice_per_kind = 0;
  file.export_.which = "last";
  return file;
}

bool holds(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Result<void> check_answers(const RunFile& file) {
  const AnswersSection& a = file.answers;
  for (const std::string& check : a.checks)
    if (check != "gold" && check != "vote" && check != "form" && check != "run")
      return not_one_of("answers.checks", check, "gold, vote, form, run");
  for (const Result<void>& result :
       {check_range("answers.samples", static_cast<double>(a.samples), 1, 1'000),
        check_range("answers.agree", a.agree, 0, 1),
        check_range("answers.run_seconds", a.run_seconds, 0.1, 600),
        check_range("answers.reasoning_words_max", static_cast<double>(a.reasoning_words_max), 0, 1e9)})
    if (!result) return result;
  if (a.prefer != "shortest" && a.prefer != "first")
    return not_one_of("answers.prefer", a.prefer, "shortest, first");
  if (a.reasoning != "keep" && a.reasoning != "drop")
    return not_one_of("answers.reasoning", a.reasoning, "keep, drop");
  if (holds(a.checks, "gold") && file.data.answers != "gold")
    return Error{
        ErrorCode::InvalidArgument,
        format("answers.checks has gold, and data.answers is \"{}\"; set it to \"gold\", so that the "
               "rows' own answers are kept to check by",
               file.data.answers)};
  if (holds(a.checks, "vote") && a.samples < 2)
    return Error{ErrorCode::InvalidArgument,
                 "answers.checks has vote, and answers.samples is 1; set it to 2 or more"};
  if (file.recipe.name == "ekt" && !a.is_checked())
    return Error{ErrorCode::InvalidArgument,
                 "ekt keeps what passes a check, and answers.checks is empty; set it, for instance to "
                 "[\"gold\", \"vote\"]"};
  if (a.is_checked() && (a.explained || file.recipe.name == "orca"))
    return Error{ErrorCode::InvalidArgument,
                 "answers.samples and answers.checks are for plain answers, not for Orca's explanations"};
  return {};
}

}  // namespace

RunFile recipe_run_file(const std::string& recipe) {
  RunFile file;
  // A sample finds as much to write from as the whole pool, for an eighth of the calls (docs/experiments.md).
  if (recipe.empty() || recipe == "lion") file.recipe.judge_sample = 1'000;
  if (recipe.empty()) return file;
  file.recipe.name = recipe;
  if (recipe == "votes") file.recipe.selection = "vote_likelihood";  // asks nobody
  if (recipe == "orca") file.recipe.rounds = 1;                      // two stages are all it has
  if (recipe == "self-instruct") {
    const ChatSampling sampling = TaskBatcher::default_sampling(BatchForm::Tasks);
    file.generator.temperature = sampling.temperature;
    file.generator.top_p = sampling.top_p;
    file.generator.tokens_max = sampling.tokens_max;
  }
  if (recipe == "evol-instruct") {
    const ChatSampling sampling = Evolver::default_sampling();
    file.generator.temperature = sampling.temperature;
    file.generator.top_p = sampling.top_p;
    file.generator.tokens_max = sampling.tokens_max;
  }
  if (recipe == "ekt") {
    file.data.answers = "gold";
    file.answers.samples = 4;
    file.answers.checks = {"gold", "vote"};
  }
  return file;
}

Result<RunFile> method_preset(const std::string& name) {
  // 11,000 hard seeds of 52,000 become 70,000: 59,000 are written, at once or in the three rounds together.
  if (name == "tapir-s") return tapir(1, 59'000);
  if (name == "tapir-m") return tapir(3, 19'667);
  if (name == "orca") return orca();
  if (name == "self-instruct") return self_instruct();
  if (name == "alpaca") return alpaca();
  if (name == "wizardlm") return wizardlm();
  return Error{ErrorCode::InvalidArgument, format("recipe.preset is \"{}\"; there are lion-emnlp, demo, "
                                                  "tapir-s, tapir-m, orca, self-instruct, alpaca "
                                                  "and wizardlm",
                                                  name)};
}

Result<void> check_methods(const RunFile& file) {
  if (const Result<void> answers = check_answers(file); !answers) return answers;
  const TapirSection& t = file.tapir;
  const OrcaSection& o = file.orca;
  for (const Result<void>& result :
       {check_range("tapir.delta", t.delta, -9, 9), check_range("tapir.teacher_min", t.teacher_min, 1, 10),
        check_range("tapir.gap_max", t.gap_max, 0, 9), check_range("tapir.alpha", t.alpha, 0, 1),
        check_range("tapir.replay", t.replay, 0, 0.95), check_range("tapir.alpha_step", t.alpha_step, -1, 1),
        check_range("tapir.examples_per_round", static_cast<double>(t.examples_per_round), 0, 1e12),
        check_range("tapir.children_max", static_cast<double>(t.children_max), 0, 1e9),
        check_range("orca.flan2021", static_cast<double>(o.flan2021), 0, 1e12),
        check_range("orca.t0", static_cast<double>(o.t0), 0, 1e12),
        check_range("orca.niv2_per_task", static_cast<double>(o.niv2_per_task), 0, 1e12),
        check_range("orca.second_share", o.second_share, 0, 1),
        check_range("data.kind_confidence", file.data.kind_confidence, 0, 1)})
    if (!result) return result;
  if (t.gap_max > 0 && t.gap_max <= t.delta)
    return Error{
        ErrorCode::InvalidArgument,
        format("tapir.gap_max is {}, not above tapir.delta {}: nothing would be hard; raise it, or 0 "
               "for none",
               t.gap_max, t.delta)};
  if (t.mix != "target" && t.mix != "pool") return not_one_of("tapir.mix", t.mix, "target, pool");
  if (t.rewrite != "judged" && t.rewrite != "always" && t.rewrite != "none")
    return not_one_of("tapir.rewrite", t.rewrite, "judged, always, none");
  if (o.system_message != "keep" && o.system_message != "erase")
    return not_one_of("orca.system_message", o.system_message, "keep, erase");
  if (!find_sub_collection(o.otherwise))
    return not_one_of("orca.otherwise", o.otherwise, "cot, niv2, t0, flan2021");
  if (file.data.kinds != "given" && file.data.kinds != "classifier" && file.data.kinds != "local")
    return not_one_of("data.kinds", file.data.kinds, "given, classifier, local");
  if (file.recipe.name != "orca") return {};
  if (file.recipe.rounds > 1)
    return Error{ErrorCode::InvalidArgument,
                 format("recipe.rounds is {}; orca has 1 (a second stage with teacher_2) or 0 (one stage)",
                        file.recipe.rounds)};
  if (!file.recipe.control.empty())
    return Error{ErrorCode::InvalidArgument,
                 "recipe.control: orca's stages are no rounds that a control could share; leave it out"};
  return {};
}

}  // namespace retort
