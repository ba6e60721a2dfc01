// Evol-Instruct (WizardLM, Xu et al., arXiv 2304.12244): every round makes instructions harder or rarer,
// those of the round before, by one of five operations drawn alike. What fails (unchanged, no harder, leaking
// the prompt, or answered by an apology or by nothing) is eliminated, and its parent is evolved again. Open
// loop: no student is asked.
#include "recipe/recipe.h"

namespace retort {

void distil_evol_instruct(Arm& arm, const RecipeSection& options) {
  Ids pool = arm.seeds();
  Ids frontier = pool;  // each instruction as far as it has evolved
  arm.imitate(0, arm.first_train_pool(pool));
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    // Evolution; write() leaves out what is eliminated.
    const Ids fresh =
        arm.write(round, arm.unjudged(frontier), {{.rule = "random"}, options.new_per_round}, pool);
    frontier = arm.replaced_by_children(frontier, fresh);

    const Ids train_pool = arm.with_replay(round, pool, fresh);
    append(pool, fresh);
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
