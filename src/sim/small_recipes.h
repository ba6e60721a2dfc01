// The small runs that are simulated: each of the recipes, a few dozen calls long.
#pragma once

#include "recipe/run_file.h"

namespace retort::sim {

inline constexpr int kRecipes = 8;
RunFile small_recipe(int which);  // [0, kRecipes)

}  // namespace retort::sim
