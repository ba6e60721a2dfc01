// The program: finds the command, runs it, turns what ends a run into one line and a documented exit code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "base/error.h"
#include "base/format.h"
#include "base/stop.h"
#include "cli/command.h"
#include "cli/data_commands.h"
#include "cli/version.h"

namespace retort {
namespace {

const std::map<std::string, std::string> kGroupDocs = {
    {"data", "Rows of files: convert, classify, score, dedup, mix; and what a run holds, as JSON lines"}};

void add_flag(CLI::App& app, const Flag& flag) {
  CLI::Option* option = nullptr;
  if (bool* const* to = std::get_if<bool*>(&flag.target))
    option = app.add_flag(flag.name, **to, flag.doc);
  else if (std::string* const* to = std::get_if<std::string*>(&flag.target))
    option = app.add_option(flag.name, **to, flag.doc);
  else if (int64_t* const* to = std::get_if<int64_t*>(&flag.target))
    option = app.add_option(flag.name, **to, flag.doc);
  else if (std::vector<std::string>* const* to = std::get_if<std::vector<std::string>*>(&flag.target))
    option = app.add_option(flag.name, **to, flag.doc)->delimiter(',');
  else
    option = app.add_option(flag.name, **std::get_if<double*>(&flag.target), flag.doc);
  if (flag.need == Flag::Need::Required) option->required();
}

// "data similar" is the subcommand "similar" of "data"; "eval compare" that of the command "eval".
CLI::App* subcommand_of(CLI::App& app, const Command& command, std::map<std::string, CLI::App*>& groups) {
  const size_t space = command.name.find(' ');
  if (space == std::string::npos) return groups[command.name] = app.add_subcommand(command.name, command.doc);
  const std::string group = command.name.substr(0, space);
  CLI::App*& parent = groups[group];
  if (parent == nullptr) parent = app.add_subcommand(group, kGroupDocs.at(group))->require_subcommand(1);
  return parent->add_subcommand(command.name.substr(space + 1), command.doc);
}

int run_program(int argc, char** argv) {
  CLI::App app{
      "Retort distils a large language model that one can only talk to into a small one that one owns.",
      "retort"};
  app.set_version_flag("--version", format("retort {}", program_version()));
  app.require_subcommand(1);
  std::vector<Command> commands = {demo_command(),
                                   init_command(),
                                   plan_command(),
                                   run_command(),
                                   status_command(),
                                   report_command(),
                                   generate_command(),
                                   train_command(),
                                   export_command(),
                                   data_similar_command(),
                                   data_export_command(),
                                   data_convert_command(),
                                   data_classify_command(),
                                   data_score_command(),
                                   data_dedup_command(),
                                   data_mix_command(),
                                   eval_command(),
                                   eval_compare_command(),
                                   eval_fetch_command(),
                                   eval_annotations_command(),
                                   practice_teacher_command(),
                                   practice_base_command(),
                                   serve_command(),
                                   chat_command(),
                                   doctor_command()};
  commands.push_back(completion_command(commands));
  commands.push_back(man_command(commands));
  std::map<std::string, CLI::App*> groups;
  const Command* chosen = nullptr;
  for (const Command& command : commands) {
    CLI::App* sub = subcommand_of(app, command, groups);
    for (const Flag& flag : command.flags) add_flag(*sub, flag);
    // Of "eval" and "eval compare" both are called; the longer one is meant.
    sub->callback([&chosen, &command] {
      if (chosen == nullptr || command.name.size() > chosen->name.size()) chosen = &command;
    });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : exit_code(ErrorCode::InvalidArgument);
  }
  return chosen->run();
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  retort::install_stop_signals();
  try {
    return retort::run_program(argc, argv);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "retort: %s\n", error.what());
    return retort::exit_code(error.code());
  } catch (const std::bad_alloc&) {
    std::fprintf(
        stderr,
        "retort: out of memory; lower student.slots or train.rows_per_step and run again, nothing is lost\n");
    return retort::exit_code(retort::ErrorCode::OutOfMemory);
  }
}
