#include "serve/similarity.h"

#include "base/test.h"
#include "pool/novelty.h"
#include "serve/synthetic_run.h"

namespace retort {
namespace {

TEST_CASE("each written instruction has its ten nearest among the seeds and what was written before it") {
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), {.rounds = 2, .seeds = 40, .fresh = 10, .per_kind = 0});
  std::vector<WrittenInstruction> written;
  or_throw(for_each_written(folder.path(), 10, [&](const WrittenInstruction& w) { written.push_back(w); }));
  REQUIRE(written.size() == 20);  // of the main arm alone
  NoveltyIndex before;
  auto store = or_throw(RunStore::open(folder.path(), StoreMode::Read));
  store->for_each_instruction("seeds", [&](const Instruction& seed) { before.add(seed.text); });
  for (const WrittenInstruction& w : written) {
    REQUIRE(w.nearest.size() == 10);
    const Similarity expected = before.similarity(w.instruction.text);
    CHECK(w.mean == expected.mean);
    for (size_t i = 0; i < 10; ++i) CHECK(w.nearest[i].score == expected.nearest[i].score);
    CHECK(w.nearest[0].score >= w.nearest[9].score);
    for (const NearInstruction& near : w.nearest) CHECK(near.instruction.id < w.instruction.id);
    before.add(w.instruction.text);
  }
}

TEST_CASE("a folder without a run has no log of similarity") {
  TemporaryFolder folder;
  CHECK(for_each_written(folder.path(), 10, [](const WrittenInstruction&) {}).error().code ==
        ErrorCode::NotFound);
}

}  // namespace
}  // namespace retort
