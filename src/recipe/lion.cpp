// Lion: adversarial distillation (Jiang et al., "Lion: Adversarial Distillation of Proprietary Large Language
// Models", arXiv 2305.12870, section 3). One proprietary model in three roles (teacher, referee, generator),
// one student, two pools, N rounds. Each verb of the arm is a durable stage, so calling this again continues
// where it stopped.
#include "recipe/recipe.h"

namespace retort {

void distil_lion(Arm& arm, const RecipeSection& options) {
  const SelectionOptions selection{.rule = options.selection.empty() ? "gap" : options.selection,
                                   .threshold = options.threshold,
                                   .hard_share = options.hard_share,
                                   .vote_per_kind = options.vote_per_kind};

  // Both pools start as the seed instructions; the student imitates the teacher on all of them.
  Ids cache_pool = arm.seeds();
  Ids train_pool = arm.first_train_pool(cache_pool);
  arm.imitate(0, train_pool);
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    // Discrimination: where does the student still fall behind the teacher?
    const JudgedPool judged = arm.discriminate(round, cache_pool);

    // Generation: write more like the hard ones, and rarer ones from the domains of the easy.
    const Ids fresh = arm.write(round, judged, {selection, options.new_per_round}, cache_pool);

    // The train pool is replaced (with a replay of old instructions, unless options.replay is 0), the cache
    // pool grows.
    train_pool = arm.with_replay(round, cache_pool, fresh);
    append(cache_pool, fresh);

    // Imitation goes on from the last student, never from scratch.
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
