// Self-Instruct (Wang et al., arXiv 2212.10560) and Alpaca's form of it: lists of new tasks from a few sample
// tasks, human ones always among them, novel against all that there is. Open loop: no student is asked and no
// referee. The paper writes everything first and trains once, which is one round here.
#include "recipe/recipe.h"

namespace retort {

void distil_self_instruct(Arm& arm, const RecipeSection& options) {
  // The samples that people wrote are drawn alike, in every round from them alone.
  const Ids human = arm.seeds();
  Ids pool = human;
  arm.imitate(0, arm.first_train_pool(human));
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    const Ids fresh =
        arm.write(round, arm.unjudged(human), {{.rule = "random"}, options.new_per_round}, pool);
    const Ids train_pool = arm.with_replay(round, pool, fresh);
    append(pool, fresh);
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
