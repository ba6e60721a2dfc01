// `retort init`: writes a commented run file with every key, its default and where the default comes from.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "cli/command.h"
#include "recipe/run_file.h"

namespace retort {
namespace {

constexpr std::string_view kHead =
    "# A run file for `retort run`. Every key is here with its default; delete what you do not change.\n"
    "# ${NAME} in a string is the environment's value. API keys never stand here: key_env names the variable "
    "that holds one.\n";

int init(const std::string& path, const std::string& recipe, const std::string& preset, bool print) {
  RunFile file = preset.empty() ? recipe_run_file(recipe) : or_throw(preset_run_file(preset));
  file.recipe.preset = preset;
  if (!recipe.empty()) file.recipe.name = recipe;
  if (file.recipe.name == "orca") file.recipe.rounds = std::min(file.recipe.rounds, 1);
  if (file.teacher.base_url.empty()) {
    file.teacher.base_url = "https://api.openai.com/v1";
    file.teacher.model = "gpt-4o-mini";
    file.teacher.key_env = "OPENAI_API_KEY";
    file.data.files = {"instructions.jsonl"};
  }
  or_throw(validate(file));
  const std::string text = std::string(kHead) + fields_to_toml(file);
  if (print) {
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  if (std::filesystem::exists(path))
    throw RunError(ErrorCode::InvalidArgument, format("{} exists; name another file, or use --print", path));
  or_throw(write_file_atomic(path, text));
  std::printf("wrote %s; edit it, then: retort run %s\n", path.c_str(), path.c_str());
  return 0;
}

}  // namespace

Command init_command() {
  static std::string path = "retort.toml", recipe, preset;
  static bool print = false;
  return {
      .name = "init",
      .doc = "Write a commented run file",
      .flags = {{"file", "where to write it (default: retort.toml)", &path},
                {"--recipe",
                 "lion, imitation, balanced, votes, tapir, orca, lion-tapir, self-instruct, evol-instruct "
                 "or ekt",
                 &recipe},
                {"--preset",
                 "other defaults: lion-emnlp, tapir-s, tapir-m, orca, self-instruct, alpaca, wizardlm, demo",
                 &preset},
                {"--print", "to standard output instead", &print}},
      .run = [] { return init(path, recipe, preset, print); }};
}

}  // namespace retort
