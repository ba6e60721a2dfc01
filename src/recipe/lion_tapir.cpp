// Lion with TAPIR's balance and curriculum (arXiv 2305.12870 and 2405.13448): Lion's discrimination and its
// hard and easy halves, but each half written towards the target mix of tasks, and each round trained on a
// rising share of hard ones drawn from all that is known instead of on the new ones and a replay.
#include "recipe/recipe.h"

namespace retort {

void distil_lion_tapir(Arm& arm, const RecipeSection& options) {
  const SelectionOptions towards_mix{
      .rule = "mix", .threshold = options.threshold, .hard_share = options.hard_share};

  Ids cache_pool = arm.seeds();
  arm.imitate(0, arm.first_train_pool(cache_pool));
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    // Discrimination, as Lion has it.
    const JudgedPool judged = arm.discriminate(round, cache_pool);
    const Split known = split_by_gap(judged.candidates, options.threshold);

    // Generation: half like the hard ones, half rarer ones like the easy, each by what the pool lacks.
    const Ids fresh = arm.write(round, judged, {towards_mix, options.new_per_round}, cache_pool);
    const auto [fresh_hard, fresh_easy] = arm.by_origin(fresh);
    const Ids others = united(known.easy, arm.not_shown(judged, cache_pool));
    append(cache_pool, fresh);

    // Imitation of alpha hard ones, new and old, and of others for the rest.
    const Ids train_pool = arm.curriculum(round, united(fresh_hard, known.hard), united(fresh_easy, others));
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
