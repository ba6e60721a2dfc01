// The sections of the run file that belong to one method each: TAPIR's curriculum (arXiv 2405.13448) and
// Orca's explanations (arXiv 2306.02707). What the papers leave open is ours, and says so.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace retort {

struct RunFile;

struct TapirSection {
  double delta = 2, teacher_min = 7, gap_max = 0;
  double alpha = 0.3, alpha_step = 0.2, replay = 0.05;
  int64_t examples_per_round = 0, children_max = 8;
  std::string mix = "target", rewrite = "judged";

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("delta", delta,
          "hard when the teacher's score is above the student's by more than this (TAPIR: 2)");
    visit("teacher_min", teacher_min,
          "what the teacher itself answers worse than this enters no round; 1: everything may (ours: 7)");
    visit("gap_max", gap_max, "a larger gap is out of the student's reach and left out; 0: none is (TAPIR)");
    visit("alpha", alpha, "share of hard examples in the first round, exact (TAPIR: 0.3)");
    visit("alpha_step", alpha_step, "what each further round adds to it (TAPIR: 0.2)");
    visit("replay", replay,
          "share of a round's examples drawn, beside alpha's, from all that its draw left (ours: 0.05)");
    visit("examples_per_round", examples_per_round,
          "distinct examples that a round trains on, before replay; 0: as many as the share allows");
    visit("children_max", children_max,
          "instructions written from one seed in a round, at most; 0: any number (ours: 8)");
    visit("mix", mix,
          "the shares of the tasks that is written towards and drawn by: target (TAPIR's) or pool (those it "
          "has)");
    visit("rewrite", rewrite,
          "answers in the style of their task: judged (a rewrite that the referee finds worse is discarded: "
          "ours), always (TAPIR) or none");
  }
};

struct OrcaSection {
  std::string system_message = "keep", otherwise = "t0", prompts;
  int64_t flan2021 = 2'500'000, t0 = 2'000'000, niv2_per_task = 300;
  double second_share = 0.2;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("system_message", system_message,
          "the student is trained with the message that made the teacher explain (keep: Orca) or without it "
          "(erase: Orca 2)");
    visit(
        "otherwise", otherwise,
        "the sub-collection of rows whose kind names none (\"niv2.task12\" does): cot, niv2, t0 or flan2021");
    visit("prompts", prompts, "a folder with explain_01.txt to explain_16.txt of your own; empty: ours");
    visit("flan2021", flan2021, "queries drawn from it, alike over tasks (Orca: 2.5 million)");
    visit("t0", t0, "queries drawn from it, alike over tasks (Orca: 2 million)");
    visit("niv2_per_task", niv2_per_task, "queries of each of its tasks, at most (Orca: 300)");
    visit(
        "second_share", second_share,
        "share of the queries that the second teacher explains too, drawn at random (Orca: 1 of 5 million)");
  }
};

// InvalidArgument for a number out of range or a name that there is not.
Result<void> check_methods(const RunFile& file);
// "tapir-s", "tapir-m", "orca", "self-instruct", "alpaca" and "wizardlm": every constant that the papers
// give.
Result<RunFile> method_preset(const std::string& name);

}  // namespace retort
