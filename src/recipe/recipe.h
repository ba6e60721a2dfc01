// The recipes: which verbs, in which order. Calling one again continues.
#pragma once

#include "recipe/arm.h"

namespace retort {

// Adversarial distillation (Jiang et al., arXiv 2305.12870).
void distil_lion(Arm& arm, const RecipeSection& options);
// Its controls with the same number of teacher answers and steps, without a referee: seeds drawn at random
// ("imitation") or with one vote per kind
// ("balanced").
void distil_imitation(Arm& arm, const RecipeSection& options);

// Votes per kind by what the student's work says of each.
void distil_votes(Arm& arm, const RecipeSection& options);

// Task-aware curriculum planning (Yue et al., arXiv 2405.13448).
void distil_tapir(Arm& arm, const RecipeSection& options);

// TAPIR's balance and curriculum on Lion's loop.
void distil_lion_tapir(Arm& arm, const RecipeSection& options);

// Explanation tuning with two teachers in turn (Mukherjee et al., arXiv 2306.02707).
void distil_orca(Arm& arm, const RecipeSection& options);

// New tasks from lists of sample tasks (Self-Instruct, arXiv 2212.10560; Alpaca).
void distil_self_instruct(Arm& arm, const RecipeSection& options);

// Harder and rarer instructions round by round (WizardLM, arXiv 2304.12244).
void distil_evol_instruct(Arm& arm, const RecipeSection& options);

}  // namespace retort
