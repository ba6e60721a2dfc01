// Answers in the style of their task (TAPIR, arXiv 2405.13448; stage "rewrite_r"). A rewrite stands beside
// the teacher's first answer, never in its place; whoever learns from it asks for the arm's lessons.
#include "base/crash_point.h"
#include "eval/verify.h"
#include "recipe/answer_check.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/id_set.h"

namespace retort {
namespace {

// Rewrites of a chunk, beside what they were made from; and those that came to nothing.
struct Rewrites {
  std::vector<StoredAnswer> kept;
  std::vector<Match> matches;  // one a kept rewrite: it stands in the teacher's place, the first answer in
                               // the student's
  std::vector<Drop> drops;
  int64_t asked = 0, failed = 0;
};

Rewrites ask_for_rewrites(Rewriter& rewriter, const std::vector<Instruction>& instructions,
                          const std::map<int64_t, Answer>& answers) {
  Rewrites out;
  std::vector<RewriteRequest> requests;
  Ids ids;
  for (const Instruction& instruction : instructions) {
    const auto answer = answers.find(instruction.id);
    const AnswerStyle style = style_of_kind(instruction.kind);
    if (style == AnswerStyle::Policy || answer == answers.end() || answer->second.is_cut()) continue;
    requests.push_back({instruction.text, answer->second.text, style});
    ids.push_back(instruction.id);
  }
  const std::vector<Result<Answer>> rewrites = rewriter.rewrite(requests);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (rewrites[i]) {
      out.kept.push_back({ids[i], *rewrites[i]});
      out.matches.push_back({ids[i], requests[i].instruction, rewrites[i]->text, requests[i].answer});
      continue;
    }
    ++out.failed;
    const Error& error = rewrites[i].error();
    out.drops.push_back({ids[i], format("rewriter: {}", error_code_name(error.code)), error.message, true});
  }
  out.asked = static_cast<int64_t>(ids.size());
  return out;
}

// Why a rewrite is not kept; nothing when it is at least as good as the first answer.
std::optional<std::string> discard_reason(const Verdict& first, const std::optional<Verdict>& swapped) {
  const std::optional<double> gain = combine(first.instruction_id, first, swapped).gap();
  if (!gain) return "unjudged: " + first.reason;
  if (*gain < 0) return "worse than the first answer";
  return std::nullopt;
}

// What a rewrite must not do, whatever the referee would say of it: come to another number or option than the
// first answer, or miss a format that the instruction names.
std::optional<std::string> fault_of(const Match& match) {
  const std::string &rewrite = match.teacher_answer, &first = match.student_answer;
  const auto number = final_number(first), new_number = final_number(rewrite);
  if (number && new_number && !(*number == *new_number)) return "comes to another number";
  const auto choice = final_choice(first), new_choice = final_choice(rewrite);
  if (choice && new_choice && *choice != *new_choice) return "chooses another option";
  if (const auto fault = form_fault(match.instruction, rewrite);
      fault && !form_fault(match.instruction, first))
    return "form: " + *fault;
  return std::nullopt;
}

void drop_the_faulty(Rewrites& rewrites) {
  std::vector<StoredAnswer> kept;
  std::vector<Match> matches;
  for (size_t i = 0; i < rewrites.kept.size(); ++i) {
    if (const auto fault = fault_of(rewrites.matches[i])) {
      rewrites.drops.push_back(
          {rewrites.kept[i].instruction_id, *fault, std::move(rewrites.kept[i].answer.text)});
      continue;
    }
    kept.push_back(std::move(rewrites.kept[i]));
    matches.push_back(std::move(rewrites.matches[i]));
  }
  rewrites.kept = std::move(kept);
  rewrites.matches = std::move(matches);
}

void keep_the_better(Referee& referee, const RecipeSection& options, Rewrites& rewrites) {
  const std::vector<Verdict> verdicts = referee.judge(rewrites.matches, orders_asked(options.order_swap));
  const size_t count = rewrites.matches.size();
  std::vector<StoredAnswer> better;
  for (size_t i = 0; i < count; ++i) {
    const auto swapped = options.order_swap ? std::optional(verdicts[count + i]) : std::nullopt;
    StoredAnswer& rewrite = rewrites.kept[i];
    if (const auto reason = discard_reason(verdicts[i], swapped))
      rewrites.drops.push_back({rewrite.instruction_id, *reason, rewrite.answer.text});
    else
      better.push_back(std::move(rewrite));
  }
  rewrites.kept = std::move(better);
}

// Whom these stages asked, kept or not; a call that failed is asked again.
IdSet asked_in(RunStore& store, const std::vector<std::string>& stages) {
  IdSet ids;
  for (const std::string& stage : stages) {
    for (int64_t id : store.answered_ids(stage)) ids.insert(id);
    for (const Drop& drop : store.drops(stage))
      if (!drop.failed) ids.insert(drop.instruction_id);
  }
  return ids;
}

}  // namespace

void Arm::rewrite(int round, const Ids& ids) {
  if (shop_.rewriter == nullptr) return;
  const std::string name = stage_name("rewrite", round);
  teach(stage_name("teach_style", round), round - 1, ids);
  run_stage(name, [&]() -> StageResult {
    StageResult result;
    std::vector<std::string> earlier;
    for (int r = 1; r < round; ++r) earlier.push_back(stage_name("rewrite", r));
    Ids wanted = ids;
    std::erase_if(wanted, [had = asked_in(shop_.store, earlier)](int64_t id) { return had.contains(id); });
    for_each_chunk(wanted, [&](std::span<const int64_t> chunk) {
      Rewrites rewrites = ask_for_rewrites(*shop_.rewriter, shop_.store.instructions(chunk),
                                           shop_.store.teacher_answers(chunk));
      drop_the_faulty(rewrites);
      if (shop_.file.tapir.rewrite == "judged") keep_the_better(shop_.referee, shop_.file.recipe, rewrites);
      shop_.store.transaction([&] {
        shop_.store.add_answers(name, rewrites.kept);
        shop_.store.add_drops(name, rewrites.drops);
      });
      const auto ok = static_cast<int64_t>(rewrites.kept.size());
      result.counts.in += rewrites.asked;
      result.counts.failed += rewrites.failed;
      result.counts.ok += ok;
      result.counts.dropped += rewrites.asked - rewrites.failed - ok;
      say(name, result.counts.in, static_cast<int64_t>(wanted.size()));
      crash_point(name + ":chunk");
    });
    return result;
  });
}

}  // namespace retort
