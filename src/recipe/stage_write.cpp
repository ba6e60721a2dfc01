// Generation (stage "write_r"): new instructions from the selected seeds, through Lion's filters, novel
// against the cache pool and against each other. Each turn asks for exactly as many as are still wanted, so
// no accepted instruction is paid for and thrown away; the order is (turn, bucket, attempt), never arrival.
#include <map>

#include "base/crash_point.h"
#include "base/log.h"
#include "pool/filters.h"
#include "pool/novelty.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"

namespace retort {
namespace {

struct Attempt {
  size_t bucket = 0;
  Instruction seed;
  int64_t index = 0;  // within the round
};

class Writer {
 public:
  Writer(Workshop& shop, std::string stage, int round, std::vector<SeedBucket> buckets)
      : shop_(shop),
        stage_(std::move(stage)),
        round_(round),
        buckets_(std::move(buckets)),
        novelty_({.threshold = shop.file.recipe.near_duplicate,
                  .tokens = token_rule(shop.file.recipe.near_duplicate_words)}),
        accepted_(buckets_.size()),
        attempted_of_(buckets_.size()) {
    filters_.refuse_non_ascii_start = shop.file.generator.refuse_non_ascii;
  }

  void know(std::string_view text) { novelty_.add(text); }

  // One turn; false when nothing is wanted any more or the attempts are spent.
  bool turn() {
    const std::vector<Attempt> attempts = next_attempts();
    if (attempts.empty()) return false;
    std::vector<WriteRequest> requests;
    for (const Attempt& attempt : attempts) {
      const bool rarer = buckets_[attempt.bucket].origin == Origin::Easy;
      requests.push_back({attempt.seed.text, rarer ? WriteMode::Rarer : WriteMode::SameTask, attempt.index});
    }
    const std::vector<Result<Draft>> drafts = shop_.generator.write(requests);
    std::vector<Instruction> rows;
    std::vector<Drop> drops;
    for (size_t i = 0; i < attempts.size(); ++i) take(attempts[i], drafts[i], rows, drops);
    if (shop_.label) shop_.label(rows);
    shop_.store.transaction([&] {
      shop_.store.add_instructions(stage_, rows);
      shop_.store.add_drops(stage_, drops);
    });
    return true;
  }

  int64_t wanted() const {
    int64_t all = 0;
    for (const SeedBucket& bucket : buckets_) all += bucket.count;
    return all;
  }
  StageCounts counts;

 private:
  int64_t most_attempts(int64_t wanted) const {
    return static_cast<int64_t>(static_cast<double>(wanted) * shop_.file.recipe.attempts_per_instruction);
  }

  std::vector<Attempt> next_attempts() {
    const int64_t most = most_attempts(wanted());
    std::vector<Attempt> attempts;
    Ids seeds;
    for (size_t b = 0; b < buckets_.size(); ++b) {
      const SeedBucket& bucket = buckets_[b];
      Ids open = open_seeds(bucket);
      for (int64_t missing = bucket.count - accepted_[b]; missing > 0 && attempted_ < most; --missing) {
        if (bucket.children_max > 0 && (open.empty() || attempted_of_[b] >= most_attempts(bucket.count)))
          break;
        seeds.push_back(draw(bucket, open));
        attempts.push_back({.bucket = b, .index = attempted_++});
        ++attempted_of_[b];
      }
    }
    const std::vector<Instruction> texts = shop_.store.instructions(seeds);
    for (size_t i = 0; i < attempts.size(); ++i) attempts[i].seed = texts[i];
    return attempts;
  }

  // Of a bucket whose seeds may bring only so many: those that may bring more, once for each.
  Ids open_seeds(const SeedBucket& bucket) const {
    Ids open;
    if (bucket.children_max == 0) return open;
    for (int64_t id : bucket.seeds) {
      const auto children = children_.find(id);
      const int64_t had = children == children_.end() ? 0 : children->second;
      for (int64_t i = had; i < bucket.children_max; ++i) open.push_back(id);
    }
    return open;
  }

  // Takes what it draws out of `open`, so that a turn alone brings no seed past its limit.
  int64_t draw(const SeedBucket& bucket, Ids& open) const {
    const auto attempt = static_cast<uint64_t>(attempted_);
    if (bucket.children_max == 0) return bucket.draw(shop_.file.recipe.seed, stage_, attempt);
    Random random(shop_.file.recipe.seed, stage_, attempt);
    const size_t at = random.below(open.size());
    std::swap(open[at], open.back());
    const int64_t id = open.back();
    open.pop_back();
    return id;
  }

  void take(const Attempt& attempt, const Result<Draft>& draft, std::vector<Instruction>& rows,
            std::vector<Drop>& drops) {
    ++counts.in;
    if (!draft) {
      ++counts.failed;
      drops.push_back(
          {0, format("generator: {}", error_code_name(draft.error().code)), draft.error().message, true});
      return;
    }
    std::optional<std::string_view> refusal = refuse_draft(draft->text, draft->finish, filters_);
    if (!refusal && novelty_.is_near_duplicate(draft->text)) refusal = "near duplicate";
    if (refusal) {
      ++counts.dropped;
      drops.push_back({0, std::string(*refusal), draft->text});
      return;
    }
    ++counts.ok;
    ++accepted_[attempt.bucket];
    ++children_[attempt.seed.id];
    novelty_.add(draft->text);
    Instruction row{.text = draft->text,
                    .origin = buckets_[attempt.bucket].origin,
                    .round = round_,
                    .parent_id = attempt.seed.id,
                    .call_key = draft->call_key};
    row.kind = shop_.kind_of(row, attempt.seed);
    rows.push_back(std::move(row));
  }

  Workshop& shop_;
  std::string stage_;
  int round_;
  std::vector<SeedBucket> buckets_;
  FilterOptions filters_;
  NoveltyIndex novelty_;
  std::vector<int64_t> accepted_, attempted_of_;  // by bucket
  std::map<int64_t, int64_t> children_;           // accepted, by seed
  int64_t attempted_ = 0;
};

}  // namespace

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
      for (const SeedCandidate& known : unjudged(cache_pool).candidates)
        ++selection.have[std::string(known.kind)];
    }
    Writer writer(shop_, name, round, or_throw(select_seeds(judged.candidates, order.count, selection)));
    for_each_chunk(cache_pool, [&](std::span<const int64_t> chunk) {
      for (const Instruction& instruction : shop_.store.instructions(chunk)) writer.know(instruction.text);
    });
    while (writer.turn()) {
      say(name, writer.counts.ok, writer.wanted(), format("{} asked", writer.counts.in));
      crash_point(name + ":chunk");
    }
    // A saturated pool ends the round with fewer; that is said, and the run goes on.
    if (writer.counts.ok < writer.wanted())
      log_warning(
          "{}: {} of {} instructions after {} attempts; the pool is saturated for this generator (status "
          "shows the reasons)",
          name, writer.counts.ok, writer.wanted(), writer.counts.in);
    return {.counts = writer.counts};
  });
  return shop_.store.instruction_ids(name);
}

}  // namespace retort
