// TAPIR's curriculum (arXiv 2405.13448): who is hard, and what a round trains on (stage "curriculum_r").
#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "pool/curriculum.h"
#include "pool/difficulty.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/id_set.h"

namespace retort {
namespace {

FittingOptions fitting_options(const TapirSection& tapir) {
  FittingOptions options{.delta = tapir.delta, .teacher_min = tapir.teacher_min};
  if (tapir.gap_max > 0) options.gap_max = tapir.gap_max;
  return options;
}

// So many of what was not drawn that they are `share` of both together, or all of it.
Ids replay_undrawn(Ids known, const Ids& drawn, double share, Random random) {
  const IdSet taken(drawn);
  std::erase_if(known, [&](int64_t id) { return taken.contains(id); });
  random.shuffle(known);
  const double wanted = static_cast<double>(drawn.size()) * share / (1 - share);
  known.resize(std::min(known.size(), static_cast<size_t>(wanted + 0.5)));
  return known;
}

}  // namespace

FittedPool Arm::fit(const JudgedPool& judged) const {
  const Fitting fitting = split_by_fitting(judged.candidates, fitting_options(shop_.file.tapir));
  const IdSet hard(fitting.hard);
  FittedPool fitted{.rest = fitting.rest};
  for (const SeedCandidate& candidate : judged.candidates) {
    if (hard.contains(candidate.id)) fitted.hard.add(candidate);
  }
  log_info("hard {}, rest {}; left out: {} by the teacher's own score, {} out of reach, {} unjudged",
           fitting.hard.size(), fitting.rest.size(), fitting.weak_teacher.size(), fitting.out_of_reach.size(),
           fitting.unjudged.size());
  return fitted;
}

Ids Arm::not_shown(const JudgedPool& judged, const Ids& pool) const {
  IdSet shown;
  for (const SeedCandidate& candidate : judged.candidates) shown.insert(candidate.id);
  Ids others;
  std::ranges::copy_if(pool, std::back_inserter(others), [&](int64_t id) { return !shown.contains(id); });
  return others;
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
  const KindShares shares = file.tapir.mix == "pool" ? have : target_shares(have);
  const double alpha = alpha_of_round(file.tapir.alpha, file.tapir.alpha_step, round);
  const RoundSize size = round_size(file.tapir.examples_per_round, alpha, static_cast<int64_t>(hard.size()),
                                    static_cast<int64_t>(rest.size()));
  Ids drawn = draw_by_shares(hard_pool.candidates, shares, size.hard, file.recipe.seed, name + "/hard");
  const Ids others =
      draw_by_shares(rest_pool.candidates, shares, size.rest, file.recipe.seed, name + "/rest");
  append(drawn, others);
  const Ids old = replay_undrawn(united(hard, rest), drawn, file.tapir.replay,
                                 Random(file.recipe.seed, name + "/replay"));
  append(drawn, old);
  if (size.hard + size.rest < std::min<int64_t>(file.recipe.new_per_round, std::ssize(hard)))
    log_warning(
        "{}: only {} examples, as {} are hard and {} are not and {} of a round are to be hard: the student "
        "will see "
        "them many times; lower tapir.alpha, or raise recipe.judge_sample",
        name, size.hard + size.rest, hard.size(), rest.size(), alpha);
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

}  // namespace retort
