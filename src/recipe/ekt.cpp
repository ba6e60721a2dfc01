// Rejection sampling, as in EKT (arXiv 2211.16740): several answers of the teacher to each question, a check
// (the row's own gold answer, a vote, a program that runs), and only what passes is trained on. The questions
// are the seeds; further rounds write more of them, alike from all that there is. Which samples and checks:
// [answers] of the run file, which every other recipe obeys too.
#include "recipe/recipe.h"

namespace retort {

void distil_ekt(Arm& arm, const RecipeSection& options) {
  Ids pool = arm.seeds();
  // What no sample of the teacher passes for is dropped by the stage that asks, with its reason.
  arm.imitate(0, arm.first_train_pool(pool));
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    const Ids fresh = arm.write(round, arm.unjudged(pool), {{.rule = "random"}, options.new_per_round}, pool);
    Ids train_pool = arm.replay(round, pool, fresh.size());
    train_pool.insert(train_pool.end(), fresh.begin(), fresh.end());
    pool.insert(pool.end(), fresh.begin(), fresh.end());
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
