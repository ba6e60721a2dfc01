// `retort init`: writes a commented run file, of the keys that most runs set or of all with their defaults.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "cli/command.h"
#include "recipe/starter.h"

namespace retort {
namespace {

enum class Length { Short, Full };

int init(const std::string& path, const std::string& recipe, const std::string& preset, Length length,
         bool print) {
  const RunFile file = starter_run_file(recipe, preset);
  or_throw(validate(file));
  const std::string text = length == Length::Full ? full_text(file) : short_text(file);
  if (print) {
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  if (std::filesystem::exists(path))
    throw RunError(ErrorCode::InvalidArgument, format("{} exists; name another file, or use --print", path));
  or_throw(write_file_atomic(path, text));
  std::printf("wrote %s; edit it, then: retort doctor %s\n", path.c_str(), path.c_str());
  return 0;
}

}  // namespace

Command init_command() {
  static std::string path = "retort.toml", recipe, preset;
  static bool print = false, full = false;
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
                {"--full", "every key with its default, not the usual ones alone", &full},
                {"--print", "to standard output instead", &print}},
      .run = [] { return init(path, recipe, preset, full ? Length::Full : Length::Short, print); }};
}

}  // namespace retort
