#include "recipe/starter.h"

#include <algorithm>

#include "base/json.h"

namespace retort {
namespace {

constexpr std::string_view kHeadFull =
    "# A run file for `retort run`. Every key is here with its default; delete what you do not change.\n"
    "# ${NAME} in a string is the environment's value. API keys never stand here: key_env names the variable "
    "that holds one.\n";
constexpr std::string_view kHeadShort =
    "# A run file for `retort run`: the keys that most runs set. What is not here has its default;\n"
    "# `retort init --full --print` shows every key. Referee and generator are the teacher's model, unless\n"
    "# [referee] and [generator] say otherwise. ${NAME} in a string is the environment's value. API keys\n"
    "# never stand here: key_env names the variable that holds one.\n";

// What a run of one's own nearly always sets.
constexpr std::string_view kUsual[] = {
    "recipe.name",      "recipe.rounds",   "recipe.new_per_round", "teacher.provider", "teacher.base_url",
    "teacher.model",    "teacher.key_env", "teacher.concurrency",  "teacher.price_in", "teacher.price_out",
    "budget.money",     "budget.currency", "data.files",           "data.answers",     "student.base",
    "student.template", "train.epochs",    "train.learning_rate",  "train.lora_rank",  "export.gguf"};

}  // namespace

RunFile starter_run_file(const std::string& recipe, const std::string& preset) {
  RunFile file = preset.empty() ? recipe_run_file(recipe) : or_throw(preset_run_file(preset));
  file.recipe.preset = preset;
  if (!recipe.empty()) file.recipe.name = recipe;
  if (file.recipe.name == "orca") file.recipe.rounds = std::min(file.recipe.rounds, 1);
  if (!file.teacher.base_url.empty()) return file;
  file.teacher.base_url = "https://api.openai.com/v1";
  file.teacher.model = "gpt-4o-mini";
  file.teacher.key_env = "OPENAI_API_KEY";
  file.data.files = {"instructions.jsonl"};
  if (preset.empty()) file.eval.heldout_rows = 50;  // or nothing tells the rounds apart
  // The practice student knows a practice world of three dozen skills and nothing else.
  if (file.student.base == "practice") {
    file.student.base = "HuggingFaceTB/SmolLM2-135M-Instruct";
    file.student.chat_template = "own";
  }
  return file;
}

std::string full_text(const RunFile& file) { return std::string(kHeadFull) + fields_to_toml(file); }

std::string short_text(const RunFile& file) {
  const Json defaults =
      fields_to_json(file.recipe.preset.empty() ? recipe_run_file(file.recipe.name)
                                                : or_throw(preset_run_file(file.recipe.preset)));
  return std::string(kHeadShort) + fields_to_toml(file, [&](const std::string& key, const Json& value) {
           std::string path = key;
           std::replace(path.begin(), path.end(), '.', '/');
           return std::find(std::begin(kUsual), std::end(kUsual), key) != std::end(kUsual) ||
                  value != defaults.at_path(path);
         });
}

}  // namespace retort
