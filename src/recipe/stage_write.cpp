// Generation (stage "write_r"): new instructions from the selected seeds.
#include "base/crash_point.h"
#include "base/log.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/draft_writer.h"

namespace retort {

Ids Arm::write(int round, const JudgedPool& judged, const WriteOrder& order, const Ids& cache_pool) {
  const std::string name = stage_name(order.verb, round);
  run_stage(name, [&]() -> StageResult {
    SelectionOptions selection = order.selection;
    if (selection.rule == "mix") {
      if (judged.candidates.empty()) {
        log_warning("{}: nothing is hard for the student any more, so nothing is written", name);
        return {};
      }
      selection.children_max = shop_.file.tapir.children_max;
      selection.mix_as_pool = shop_.file.tapir.mix == "pool";
      for (const SeedCandidate& known : unjudged(cache_pool).candidates)
        ++selection.have[std::string(known.kind)];
    }
    DraftWriter writer(shop_, name, round, or_throw(select_seeds(judged.candidates, order.count, selection)));
    for_each_chunk(cache_pool, [&](std::span<const int64_t> chunk) {
      for (const Instruction& instruction : shop_.store.instructions(chunk)) writer.know(instruction);
    });
    while (writer.turn()) {
      say(name, writer.counts().ok, writer.wanted(), format("{} asked", writer.counts().in));
      crash_point(name + ":chunk");
    }
    // A saturated pool ends the round with fewer; that is said, and the run goes on.
    if (writer.counts().ok < writer.wanted())
      log_warning(
          "{}: {} of {} instructions after {} attempts; the pool is saturated for this generator (status "
          "shows the reasons)",
          name, writer.counts().ok, writer.wanted(), writer.counts().in);
    return {.counts = writer.counts()};
  });
  const Ids written = shop_.store.instruction_ids(name);
  return shop_.drafts.nature().answers_decide ? eliminate(round, order.verb, written) : written;
}

}  // namespace retort
