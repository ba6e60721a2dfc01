// The stage that writes, turn by turn: orders of the draft source from seeds of the selected buckets, through
// Lion's filters, novel against what is known and against each other. A turn asks for no more than are still
// wanted (of a writer of lists for the last list whole), so that hardly one is paid for and thrown away; the
// order is (turn, bucket, attempt), never arrival.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "pool/filters.h"
#include "pool/novelty.h"
#include "recipe/arm.h"

namespace retort {

class DraftWriter {
 public:
  // `stage` names the streams it draws from and the rows it stores.
  DraftWriter(Workshop& shop, std::string stage, int round, std::vector<SeedBucket> buckets);
  // What is written must be new against this one too.
  void know(const Instruction& instruction);
  // One turn, stored in one transaction; false when nothing is wanted any more or the attempts are spent.
  bool turn();
  int64_t wanted() const;
  const StageCounts& counts() const { return counts_; }  // in: drafts and failed calls

 private:
  struct Attempt {
    size_t bucket = 0;
    int64_t index = 0;  // within the stage
    int64_t seed_id = 0;
    Ids others;  // of the bucket, shown beside it
  };
  struct Rows {
    std::vector<Instruction> instructions;
    std::vector<Answer> answers;  // one an instruction; without text where none came with it
    std::vector<Drop> drops;
  };

  int64_t most_attempts(int64_t wanted) const;
  std::vector<Attempt> next_attempts();
  Ids other_samples(const SeedBucket& bucket, int64_t seed) const;
  std::vector<DraftOrder> orders_of(const std::vector<Attempt>& attempts);
  void add_machine_samples(DraftOrder& order) const;
  Ids open_seeds(const SeedBucket& bucket) const;
  int64_t draw(const SeedBucket& bucket, Ids& open) const;
  void fail(const Error& error, Rows& rows);
  std::optional<std::string> refusal_of(const Attempt& attempt, const WrittenDraft& written);
  void take(const Attempt& attempt, const Instruction& seed, WrittenDraft& written, Rows& rows);
  void store(Rows& rows);

  Workshop& shop_;
  std::string stage_;
  int round_;
  std::vector<SeedBucket> buckets_;
  DraftSource::Nature nature_;
  FilterOptions filters_;
  NoveltyIndex novelty_;
  std::unordered_set<uint64_t> known_;            // texts, where near copies are allowed
  std::vector<BatchTask> machine_;                // what was written so far, where it is shown again
  std::vector<int64_t> accepted_, attempted_of_;  // by bucket
  std::map<int64_t, int64_t> children_;           // accepted, by seed
  int64_t attempted_ = 0;
  StageCounts counts_;
};

}  // namespace retort
