#include "sim/small_recipes.h"

#include "base/check.h"
#include "sim/world.h"

namespace retort::sim {
namespace {

void choose(RunFile& file, int which) {
  RecipeSection& recipe = file.recipe;
  switch (which) {
    case 0:
      return;
    case 1:
      recipe.control = "imitation";
      return;
    case 2:
      recipe.name = "balanced";
      recipe.rounds = 2;
      return;
    case 3:
      recipe.name = "votes";
      recipe.selection = "vote_loss";
      return;
    case 4:
      recipe.order_swap = false;
      recipe.judge_sample = 9;
      recipe.rounds = 2;
      return;
    case 5:
      recipe.reuse_verdicts = true;
      recipe.rounds = 2;
      return;
    case 6:
      recipe.name = "votes";
      recipe.selection = "vote_gap";
      return;
    case 7:
      recipe.control = "balanced";
      file.data.train_sample = 8;
      return;
    default:
      RETORT_CHECK(false, "there is no small recipe {}", which);
  }
}

}  // namespace

RunFile small_recipe(int which) {
  RunFile file = or_throw(preset_run_file("demo"));
  file.recipe.control.clear();
  file.recipe.seed = file.practice.seed = static_cast<uint64_t>(which) + 1;
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 6;
  file.data.practice_rows = 16;
  file.eval.practice_per_kind = 0;
  file.eval.heldout_rows = which % 2 == 0 ? 0 : 3;
  file.student.base = "/nowhere";
  file.teacher.base_url = "http://127.0.0.1:1/v1";
  file.teacher.key_env = kKeyVariable;
  file.teacher.concurrency = 4 + 2 * which;
  file.teacher.timeout_s = 60;
  // Dice fail a request eight times while others get through, now and then; here no row may go of it.
  file.teacher.attempts = file.referee.attempts = file.generator.attempts = 60;
  file.referee.concurrency = file.generator.concurrency = 6;
  file.referee.timeout_s = file.generator.timeout_s = 60;
  file.teacher.price_in = 1.5;
  file.teacher.price_cached_in = 0.5;
  file.teacher.price_out = 2;
  choose(file, which);
  return file;
}

}  // namespace retort::sim
