// One command a file: each gives a Command, which names its flags and does its work. main.cpp alone knows the
// command-line library.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace retort {

// A name that starts with "-" is an option, any other a positional argument. A bool target makes a switch;
// several texts are one argument with commas between them.
struct Flag {
  std::string name;
  std::string doc;
  std::variant<std::string*, int64_t*, double*, bool*, std::vector<std::string>*> target;
  enum class Need { Optional, Required } need = Need::Optional;
};

struct Command {
  std::string name;  // "run"; "data similar" for one of a group
  std::string doc;
  std::vector<Flag> flags;
  std::function<int()> run;  // the exit code; RunError and what it says are main's
};

Command demo_command();
Command init_command();
Command plan_command();
Command run_command();
Command status_command();
Command report_command();
Command generate_command();
Command data_similar_command();
Command data_export_command();
Command train_command();
Command export_command();
Command eval_command();
Command eval_compare_command();
Command eval_fetch_command();
Command eval_annotations_command();
Command practice_teacher_command();
Command practice_base_command();
Command serve_command();
Command doctor_command();

}  // namespace retort
