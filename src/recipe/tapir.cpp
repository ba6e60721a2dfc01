// TAPIR: task-aware curriculum planning for instruction refinement (Yue et al., arXiv 2405.13448). Lion's
// discrimination finds what the student does clearly worse; more of that is written towards a fixed mix of
// tasks, the answers get the style of their task, and each round trains on a larger share of hard ones. One
// round is the paper's S, three are its M. The paper released no code for it: what it leaves open is decided
// in docs/paper.md.
#include "recipe/recipe.h"

namespace retort {

void distil_tapir(Arm& arm, const RecipeSection& options) {
  // A first imitation gives the student basic instruction following.
  Ids pool = arm.seeds();
  arm.imitate(0, arm.first_train_pool(pool));
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    // Fitting difficulty, measured anew with the student as it is now: hard is what the teacher does well and
    // the student clearly worse.
    const JudgedPool judged = arm.discriminate(round, pool);
    const FittedPool fitted = arm.fit(judged);
    const Ids rest = united(fitted.rest, arm.not_shown(judged, pool));

    // Expansion: more like the hard ones, each task as much as the pool lacks of it. Balance comes from new
    // instructions, never from repeated ones.
    const SelectionOptions towards_mix{.rule = "mix", .threshold = -9};
    const Ids fresh = arm.write(round, fitted.hard, {towards_mix, options.new_per_round}, pool);
    Ids hard = fresh;
    for (const SeedCandidate& candidate : fitted.hard.candidates) hard.push_back(candidate.id);

    // Curriculum: alpha of the round's examples are hard, and tasks come by their target shares.
    const Ids train_pool = arm.curriculum(round, hard, rest);

    // Style: derivations, commented code, the voice that was asked for; what judges worse is discarded.
    arm.rewrite(round, train_pool);
    append(pool, fresh);
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
