// Orca: progressive learning from complex explanation traces (Mukherjee et al., arXiv 2306.02707). Queries
// drawn from their sub-collections, each by its own rule; a teacher that explains itself under one of 16
// system messages; and two teachers in turn, the stronger one on a part of the queries, for a student that
// goes on.
#include "recipe/recipe.h"

namespace retort {

void distil_orca(Arm& arm, const RecipeSection& options) {
  const Ids queries = arm.sample_queries(arm.seeds());

  // Stage one: the first teacher explains all of them.
  arm.imitate(0, arm.explain(0, queries));
  arm.evaluate(0);
  if (options.rounds == 0) return;

  // Stage two: the second teacher explains a part of the same queries, under the same messages.
  arm.imitate(1, arm.explain(1, arm.second_queries(queries)));
  arm.evaluate(1);
}

}  // namespace retort
