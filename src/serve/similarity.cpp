#include "serve/similarity.h"

#include "base/toml.h"
#include "pool/novelty.h"
#include "serve/stage_name.h"
#include "store/run_store.h"

namespace retort {
namespace {

bool writes_for_main_arm(const std::string& stage) {
  const std::optional<StageName> name = parse_stage_name(stage);
  return name && name->prefix.empty() && (name->verb == "probe" || name->verb == "write");
}

// The texts by the numbers that the index gives them.
class Before {
 public:
  Before(RunStore& store, const NoveltyOptions& options) : store_(store), index_(options) {}

  WrittenInstruction compare(const Instruction& instruction, size_t nearest_count) {
    const Similarity found = index_.similarity(instruction.text, nearest_count);
    std::vector<int64_t> ids;
    for (const NearText& near : found.nearest) ids.push_back(ids_.at(near.text));
    const std::vector<Instruction> texts = store_.instructions(ids);
    WrittenInstruction written{.instruction = instruction, .nearest = {}, .mean = found.mean};
    for (size_t i = 0; i < texts.size(); ++i) written.nearest.push_back({texts[i], found.nearest[i].score});
    return written;
  }
  void add(const Instruction& instruction) {
    index_.add(instruction.text);
    ids_.push_back(instruction.id);
  }

 private:
  RunStore& store_;
  NoveltyIndex index_;
  std::vector<int64_t> ids_;
};

}  // namespace

Result<void> for_each_written(const Path& run_folder, size_t nearest_count,
                              const std::function<void(const WrittenInstruction&)>& visit) {
  const std::string text = RETORT_TRY(read_file(run_folder / "run.toml"));
  const Json config = RETORT_TRY(parse_toml(text, "run.toml"));
  const std::unique_ptr<RunStore> store = RETORT_TRY(RunStore::open(run_folder, StoreMode::Read));
  const std::string_view words = config.at_path("recipe/near_duplicate_words").string_or("rouge");
  Before before(*store, {.tokens = token_rule(words)});
  store->for_each_instruction("seeds", [&](const Instruction& seed) { before.add(seed); });
  for (const StageRecord& stage : store->stages()) {
    if (!writes_for_main_arm(stage.name)) continue;
    for (const Instruction& written : store->instructions(store->instruction_ids(stage.name))) {
      visit(before.compare(written, nearest_count));
      before.add(written);
    }
  }
  return {};
}

}  // namespace retort
