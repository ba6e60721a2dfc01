#include "serve/terminal.h"

#include "base/test.h"
#include "serve/hostile_texts.h"
#include "serve/synthetic_run.h"

namespace retort {
namespace {

RunView small_view() {
  RunView view{.folder = "runs/demo", .recipe = "lion", .state = RunState::Finished, .seconds = 171.24};
  view.main = {"lion", {RoundView{.round = 0}, RoundView{.round = 1}}};
  RoundView &zero = view.main.rounds[0], &one = view.main.rounds[1];
  zero.exact_all = 0.55;
  zero.n = 2'160;
  zero.answers = 3'000;
  zero.heldout_loss = 0.4119;
  one = zero;
  one.round = 1;
  one.exact_all = 0.605;
  one.answers = 4'000;
  one.hard = 812;
  one.easy = 2'150;
  one.unjudged = 38;
  one.win_rate = 0.125;
  view.control = ArmView{"imitation", {zero}};
  return view;
}

TEST_CASE("the table of rounds has both arms side by side") {
  CHECK(rounds_table(small_view()) == R"(
round  answers    exact %  hard %   loss  hard/easy/unjudged  preferred %  | imitation: exact %  hard %   loss
    0    3,000  55.0 ±2.1       -  0.412                   -            -  | 55.0 ±2.1                -  0.412
    1    4,000  60.5 ±2.1       -  0.412        812/2,150/38         12.5  | -                        -      -
)" + 1);
}

TEST_CASE("before the first round there is no table") { CHECK(rounds_table(RunView{}).empty()); }

TEST_CASE("the status tells state, rounds, calls and rows") {
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), {.rounds = 1, .seeds = 20, .fresh = 5, .per_kind = 1});
  std::string text = status_text(or_throw(read_run(folder.path(), Detail::Figures)));
  for (const char* part : {"lion, finished", "control imitation included", "rule-based stand-in, no LLM",
                           "write_1", "2 near duplicate", "referee", "the student you get: round 1"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
}

TEST_CASE("a stopped run says how to go on") {
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), {.rounds = 1, .seeds = 20, .fresh = 5, .per_kind = 1, .stages_max = 3});
  std::string text = status_text(or_throw(read_run(folder.path(), Detail::Figures)));
  CHECK(text.find("stopped") != std::string::npos);
  CHECK(text.find("run it again to go on") != std::string::npos);
}

TEST_CASE("nothing that others wrote can command the terminal") {
  for (const std::string& hostile : hostile_texts()) {
    RunView view = small_view();
    view.recipe = view.control->recipe = hostile;
    view.calls[hostile] = {};
    view.stages.push_back({hostile, true, {}, 0, 0, {{hostile, 3}}});
    for (char c : status_text(view)) {
      bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
      CHECK(!is_control);
    }
  }
}

}  // namespace
}  // namespace retort
