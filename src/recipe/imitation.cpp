// Lion's controls: the same number of new instructions, teacher answers and training steps, but no referee.
// "imitation" draws the seeds at random from all that there are; "balanced" gives every kind of instruction
// one vote, so that rare kinds are written as often as common ones. "ekt" is "imitation" of checked answers
// (rejection sampling, EKT, arXiv 2211.16740): [answers] asks for several samples and keeps what passes.
#include "recipe/recipe.h"

namespace retort {

void distil_imitation(Arm& arm, const RecipeSection& options) {
  const std::string rule = options.name == "balanced" ? "balanced" : "random";
  const SelectionOptions selection{.rule = options.selection.empty() ? rule : options.selection};

  Ids cache_pool = arm.seeds();
  Ids train_pool = arm.first_train_pool(cache_pool);
  arm.imitate(0, train_pool);
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    const Ids fresh =
        arm.write(round, arm.unjudged(cache_pool), {selection, options.new_per_round}, cache_pool);
    train_pool = arm.with_replay(round, cache_pool, fresh);
    append(cache_pool, fresh);
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
