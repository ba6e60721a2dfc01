// The stages of an arm by name: "judge_2" of the main arm, "control/write_2" of the control.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retort {

struct StageName {
  std::string prefix;  // "" or "control/"
  std::string verb;    // "judge"
  int round = 0;
};
// Nothing for a stage that belongs to no round ("seeds", "run").
std::optional<StageName> parse_stage_name(std::string_view name);

}  // namespace retort
