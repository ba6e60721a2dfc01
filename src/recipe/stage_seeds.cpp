// The stage "seeds": the user's rows and those of the practice world become instructions, once; a row's own
// output becomes the teacher's answer.
#include <unordered_set>

#include "base/hash.h"
#include "base/log.h"
#include "recipe/arm.h"
#include "recipe/seed_rows.h"

namespace retort {
namespace {

constexpr size_t kChunk = 1'024;

// Collects rows into the store, a chunk a transaction, and counts what it leaves out.
class SeedWriter {
 public:
  explicit SeedWriter(Workshop& shop)
      : store_(shop.store), label_(shop.label), answers_(shop.file.data.answers) {}

  void add(const DataRow& row) {
    ++counts.in;
    if (!seen_.insert(mix64(fnv1a64(row.instruction), row.instruction.size())).second) {
      drop({.reason = "duplicate of an earlier row", .detail = row.instruction});
      return;
    }
    ++counts.ok;
    Instruction instruction;
    instruction.text = row.instruction;
    instruction.kind = row.kind;
    instruction.kind_source = row.kind.empty() ? KindSource::Unknown : KindSource::Row;
    chunk_.push_back(std::move(instruction));
    outputs_.push_back(answers_ != "ask" && row.has_output ? row.output : std::string());
    if (chunk_.size() >= kChunk) flush();
  }

  void drop_bad_line(const std::string& what) {
    ++counts.in;
    drop({.reason = "unreadable line", .detail = what});
  }

  void flush() {
    if (label_) label_(chunk_);
    store_.transaction([&] {
      store_.add_instructions("seeds", chunk_);
      std::vector<StoredAnswer> answers;
      for (size_t i = 0; i < chunk_.size(); ++i)
        if (!outputs_[i].empty()) answers.push_back({chunk_[i].id, {.text = outputs_[i]}});
      // A gold answer is what the teacher's are held against, never one of them.
      if (answers_ == "gold")
        store_.add_answers("seeds", answers);
      else
        store_.add_teacher_answers("seeds", answers);
      store_.add_drops("seeds", drops_);
    });
    chunk_.clear();
    outputs_.clear();
    drops_.clear();
  }

  StageCounts counts;

 private:
  void drop(Drop drop) {
    ++counts.dropped;
    drops_.push_back(std::move(drop));
  }
  RunStore& store_;
  const std::function<void(std::span<Instruction>)>& label_;
  const std::string& answers_;
  std::unordered_set<uint64_t> seen_;
  std::vector<Instruction> chunk_;
  std::vector<std::string> outputs_;
  std::vector<Drop> drops_;
};

}  // namespace

Ids Arm::seeds() {
  run_stage("seeds", [&]() -> StageResult {
    SeedWriter writer(shop_);
    for_each_seed_row(
        shop_.file, [&](const DataRow& row) { writer.add(row); },
        [&](const BadRow& bad) {
          log_warning("{}", bad.message);
          writer.drop_bad_line(bad.message);
        });
    writer.flush();
    return {.counts = writer.counts};
  });
  Ids ids = shop_.store.instruction_ids("seeds");
  const Ids kept_out = held_out_seeds();
  std::erase_if(ids, [&](int64_t id) { return std::binary_search(kept_out.begin(), kept_out.end(), id); });
  return ids;
}

}  // namespace retort
