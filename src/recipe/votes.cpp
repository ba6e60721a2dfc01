// Votes: Lion's loop with another discrimination. A round's new instructions are shared among the kinds by
// what the student's work on each says (pool/votes.h): the referee's gaps, or, without any call, the
// student's own loss on the teacher's answers. It may be measured on probes, the round's first new
// instructions, written with one vote per kind: a student remembers what it was trained on, so there it seems
// to know more than it does (specs/practice_world.md §4).
#include <cmath>

#include "recipe/recipe.h"

namespace retort {

void distil_votes(Arm& arm, const RecipeSection& options) {
  const int64_t probes = std::llround(options.probe_share * static_cast<double>(options.new_per_round));

  Ids cache_pool = arm.seeds();
  Ids train_pool = arm.first_train_pool(cache_pool);
  arm.imitate(0, train_pool);
  arm.evaluate(0);

  for (int round = 1; round <= options.rounds; ++round) {
    // What does the student do on each kind, of what it has not seen, or of all there is?
    Ids fresh = arm.write(round, arm.unjudged(cache_pool),
                          {.selection = {.rule = "balanced"}, .count = probes, .verb = "probe"}, cache_pool);
    const KindVotes votes = arm.vote(round, fresh.empty() ? cache_pool : fresh, options);

    // The others of the round's new instructions go where the votes are.
    Ids known = cache_pool;
    append(known, fresh);
    const Ids voted = arm.write(
        round, arm.unjudged(known),
        {.selection = {.rule = "votes", .votes = votes}, .count = options.new_per_round - probes}, known);
    append(fresh, voted);

    train_pool = arm.with_replay(round, cache_pool, fresh, votes);
    append(cache_pool, fresh);
    arm.imitate(round, train_pool);
    arm.evaluate(round);
  }
}

}  // namespace retort
