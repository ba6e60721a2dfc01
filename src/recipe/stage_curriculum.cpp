// TAPIR's curriculum (arXiv 2405.13448): who is hard, what a round trains on (stage "curriculum_r"), and
// answers in the style of their task (stage "rewrite_r").
#include <algorithm>
#include <set>

#include "base/crash_point.h"
#include "base/log.h"
#include "pool/curriculum.h"
#include "pool/difficulty.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"

namespace retort {
namespace {

FittingOptions fitting_options(const TapirSection& tapir) {
  FittingOptions options{.delta = tapir.delta, .teacher_min = tapir.teacher_min};
  if (tapir.gap_max > 0) options.gap_max = tapir.gap_max;
  return options;
}

// So many of what was not drawn that they are `share` of both together, or all of it.
Ids replay_undrawn(Ids known, const Ids& drawn, double share, Random random) {
  const std::set<int64_t> taken(drawn.begin(), drawn.end());
  std::erase_if(known, [&](int64_t id) { return taken.contains(id); });
  random.shuffle(known);
  const double wanted = static_cast<double>(drawn.size()) * share / (1 - share);
  known.resize(std::min(known.size(), static_cast<size_t>(wanted + 0.5)));
  return known;
}

// Why a rewrite is not kept; nothing when it is at least as good as the first answer.
std::optional<std::string> discard_reason(const Verdict& first, const std::optional<Verdict>& swapped) {
  const std::optional<double> gain = combine(first.instruction_id, first, swapped).gap();
  if (!gain) return "unjudged: " + first.reason;
  if (*gain < 0) return "worse than the first answer";
  return std::nullopt;
}

}  // namespace

FittedPool Arm::fit(const JudgedPool& judged) const {
  const Fitting fitting = split_by_fitting(judged.candidates, fitting_options(shop_.file.tapir));
  const std::set<int64_t> hard(fitting.hard.begin(), fitting.hard.end());
  FittedPool fitted{.rest = fitting.rest};
  fitted.hard.kinds.reserve(judged.candidates.size());  // the candidates point into it
  for (const SeedCandidate& candidate : judged.candidates) {
    if (!hard.contains(candidate.id)) continue;
    fitted.hard.kinds.emplace_back(candidate.kind);
    fitted.hard.candidates.push_back(candidate);
    fitted.hard.candidates.back().kind = fitted.hard.kinds.back();
  }
  log_info("hard {}, rest {}; left out: {} by the teacher's own score, {} out of reach, {} unjudged",
           fitting.hard.size(), fitting.rest.size(), fitting.weak_teacher.size(), fitting.out_of_reach.size(),
           fitting.unjudged.size());
  return fitted;
}

std::pair<Ids, Ids> Arm::by_origin(const Ids& ids) const {
  std::pair<Ids, Ids> parts;
  for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
    for (const Instruction& instruction : shop_.store.instructions(chunk))
      (instruction.origin == Origin::Hard ? parts.first : parts.second).push_back(instruction.id);
  });
  return parts;
}

Ids Arm::curriculum(int round, const Ids& hard, const Ids& rest) {
  const RunFile& file = shop_.file;
  const std::string name = stage_name("curriculum", round);
  const JudgedPool hard_pool = unjudged(hard), rest_pool = unjudged(rest);
  KindCounts have;
  for (const JudgedPool* pool : {&hard_pool, &rest_pool})
    for (const SeedCandidate& candidate : pool->candidates) ++have[std::string(candidate.kind)];
  const KindShares shares = target_shares(have);
  const double alpha = alpha_of_round(file.tapir.alpha, file.tapir.alpha_step, round);
  const RoundSize size = round_size(file.tapir.examples_per_round, alpha, static_cast<int64_t>(hard.size()),
                                    static_cast<int64_t>(rest.size()));
  Ids drawn = draw_by_shares(hard_pool.candidates, shares, size.hard, file.recipe.seed, name + "/hard");
  const Ids others =
      draw_by_shares(rest_pool.candidates, shares, size.rest, file.recipe.seed, name + "/rest");
  drawn.insert(drawn.end(), others.begin(), others.end());
  const Ids old = replay_undrawn(united(hard, rest), drawn, file.tapir.replay,
                                 Random(file.recipe.seed, name + "/replay"));
  drawn.insert(drawn.end(), old.begin(), old.end());
  run_stage(name, [&]() -> StageResult {
    shop_.store.set_metric(name, "alpha", alpha);
    shop_.store.set_metric(name, "hard_pool", static_cast<double>(hard.size()));
    shop_.store.set_metric(name, "rest_pool", static_cast<double>(rest.size()));
    shop_.store.set_metric(name, "hard_drawn", static_cast<double>(size.hard));
    shop_.store.set_metric(name, "rest_drawn", static_cast<double>(size.rest));
    shop_.store.set_metric(name, "replayed", static_cast<double>(old.size()));
    const auto count = static_cast<int64_t>(drawn.size());
    return {.counts = {.in = count, .ok = count}};
  });
  return drawn;
}

void Arm::rewrite(int round, const Ids& ids) {
  if (shop_.rewriter == nullptr) return;
  const bool judged = shop_.file.tapir.rewrite == "judged";
  const std::string name = stage_name("rewrite", round);
  teach(stage_name("teach_style", round), round - 1, ids);
  std::set<int64_t> rewritten;  // in an earlier round, kept or not
  for (int r = 1; r < round; ++r) {
    for (int64_t id : shop_.store.answered_ids(stage_name("rewrite", r))) rewritten.insert(id);
    for (const Drop& drop : shop_.store.drops(stage_name("rewrite", r)))
      if (!drop.failed) rewritten.insert(drop.instruction_id);
  }
  run_stage(name, [&]() -> StageResult {
    StageResult result;
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      const std::map<int64_t, Answer> answers = shop_.store.teacher_answers(chunk);
      std::vector<RewriteRequest> requests;
      Ids asked;
      for (const Instruction& instruction : shop_.store.instructions(chunk)) {
        const auto answer = answers.find(instruction.id);
        const AnswerStyle style = style_of_kind(instruction.kind);
        if (style == AnswerStyle::Policy || rewritten.contains(instruction.id) || answer == answers.end() ||
            answer->second.is_cut())
          continue;
        requests.push_back({instruction.text, answer->second.text, style});
        asked.push_back(instruction.id);
      }
      const std::vector<Result<Answer>> rewrites = shop_.rewriter->rewrite(requests);
      std::vector<Match> matches;
      std::vector<StoredAnswer> kept;
      std::vector<Drop> drops;
      for (size_t i = 0; i < asked.size(); ++i) {
        const Result<Answer>& rewrite = rewrites[i];
        if (!rewrite) {
          drops.push_back({asked[i], format("rewriter: {}", error_code_name(rewrite.error().code)),
                           rewrite.error().message, true});
          ++result.counts.failed;
          continue;
        }
        kept.push_back({asked[i], *rewrite});
        matches.push_back({asked[i], requests[i].instruction, rewrite->text, requests[i].answer});
      }
      if (judged) {
        const std::vector<Verdict> first = shop_.referee.judge(matches, Order::TeacherFirst);
        std::vector<Verdict> swapped;
        if (shop_.file.recipe.order_swap) swapped = shop_.referee.judge(matches, Order::StudentFirst);
        std::vector<StoredAnswer> better;
        for (size_t i = 0; i < matches.size(); ++i) {
          const auto other = swapped.empty() ? std::nullopt : std::optional<Verdict>(swapped[i]);
          if (const auto reason = discard_reason(first[i], other))
            drops.push_back({kept[i].instruction_id, *reason, kept[i].answer.text});
          else
            better.push_back(kept[i]);
        }
        result.counts.dropped += static_cast<int64_t>(kept.size() - better.size());
        kept = std::move(better);
      }
      shop_.store.transaction([&] {
        shop_.store.add_answers(name, kept);
        shop_.store.add_drops(name, drops);
      });
      result.counts.in += static_cast<int64_t>(asked.size());
      result.counts.ok += static_cast<int64_t>(kept.size());
      say(name, result.counts.in, static_cast<int64_t>(ids.size()));
      crash_point(name + ":chunk");
    });
    return result;
  });
}

}  // namespace retort
