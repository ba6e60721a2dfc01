// Generation (stage "write_r"): new instructions from the selected seeds, through Lion's filters, novel
// against the cache pool and against each other. Each turn asks for no more than are still wanted (of a
// writer of lists for the last list whole), so that hardly one is paid for and thrown away; the order is
// (turn, bucket, attempt), never arrival.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "base/crash_point.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/words.h"
#include "pool/filters.h"
#include "pool/novelty.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"

namespace retort {
namespace {

struct Attempt {
  size_t bucket = 0;
  int64_t index = 0;  // within the round
  int64_t seed_id = 0;
  std::vector<int64_t> others;  // of the bucket, shown beside it
};

class Writer {
 public:
  Writer(Workshop& shop, std::string stage, int round, std::vector<SeedBucket> buckets)
      : shop_(shop),
        stage_(std::move(stage)),
        round_(round),
        buckets_(std::move(buckets)),
        nature_(shop.drafts.nature()),
        filters_(shop.drafts.filters()),
        novelty_({.threshold = nature_.near_copies_allowed ? kOnlyRepeated : shop.file.recipe.near_duplicate,
                  .tokens = token_rule(shop.file.recipe.near_duplicate_words)}),
        accepted_(buckets_.size()),
        attempted_of_(buckets_.size()) {
    filters_.refuse_non_ascii_start = shop.file.generator.refuse_non_ascii;
  }

  void know(const Instruction& instruction) {
    if (nature_.near_copies_allowed)
      known_.insert(fnv1a64(trim(instruction.text)));
    else
      novelty_.add(instruction.text);
    if (nature_.machine_samples > 0 && instruction.origin != Origin::Seed)
      machine_.push_back({.text = instruction.text});
  }

  // One turn; false when nothing is wanted any more or the attempts are spent.
  bool turn() {
    const std::vector<Attempt> attempts = next_attempts();
    if (attempts.empty()) return false;
    const std::vector<DraftOrder> orders = orders_of(attempts);
    std::vector<Result<std::vector<WrittenDraft>>> written = shop_.drafts.write(orders);
    Rows rows;
    for (size_t i = 0; i < attempts.size(); ++i) {
      if (!written[i]) {
        fail(written[i].error(), rows);
        continue;
      }
      for (WrittenDraft& draft : *written[i]) take(attempts[i], orders[i].seed, draft, rows);
    }
    if (shop_.label) shop_.label(rows.instructions);
    shop_.store.transaction([&] {
      shop_.store.add_instructions(stage_, rows.instructions);
      std::vector<StoredAnswer> answers;
      for (size_t i = 0; i < rows.answers.size(); ++i)
        if (!rows.answers[i].text.empty())
          answers.push_back({rows.instructions[i].id, std::move(rows.answers[i])});
      shop_.store.add_teacher_answers(stage_, answers);
      shop_.store.add_drops(stage_, rows.drops);
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
    for (size_t b = 0; b < buckets_.size(); ++b) {
      const SeedBucket& bucket = buckets_[b];
      Ids open = open_seeds(bucket);
      int64_t missing = bucket.count - accepted_[b];
      for (; missing > 0 && attempted_ < most; missing -= nature_.drafts_per_order) {
        if (bucket.children_max > 0 && (open.empty() || attempted_of_[b] >= most_attempts(bucket.count)))
          break;
        const int64_t seed = draw(bucket, open);
        attempts.push_back({b, attempted_, seed, other_samples(bucket, seed)});
        ++attempted_;
        ++attempted_of_[b];
      }
    }
    return attempts;
  }

  // More seeds of the bucket, each once, by a stream of the attempt's own.
  Ids other_samples(const SeedBucket& bucket, int64_t seed) const {
    Ids others;
    const auto wanted = static_cast<size_t>(std::max(nature_.human_samples - 1, 0));
    const std::string stream = stage_ + "/samples";
    for (size_t tries = 0; others.size() < wanted && tries < 4 * wanted; ++tries) {
      const int64_t id =
          bucket.draw(shop_.file.recipe.seed, stream, static_cast<uint64_t>(attempted_) * 64 + tries);
      if (id != seed && std::find(others.begin(), others.end(), id) == others.end()) others.push_back(id);
    }
    return others;
  }

  std::vector<DraftOrder> orders_of(const std::vector<Attempt>& attempts) {
    std::vector<DraftOrder> orders;
    for (const Attempt& attempt : attempts) {
      Ids ids = {attempt.seed_id};
      ids.insert(ids.end(), attempt.others.begin(), attempt.others.end());
      const std::vector<Instruction> samples = shop_.store.instructions(ids);
      DraftOrder& order = orders.emplace_back();
      order.seed = samples.front();
      order.origin = buckets_[attempt.bucket].origin;
      order.index = attempt.index;
      if (nature_.human_samples == 0) continue;
      const std::map<int64_t, Answer> answers = shop_.store.teacher_answers(ids);
      for (const Instruction& sample : samples) {
        const auto answer = answers.find(sample.id);
        order.samples.push_back({sample.text, answer == answers.end() ? "" : answer->second.text});
      }
      add_machine_samples(order);
    }
    return orders;
  }

  // What was written before, among what people wrote, in a shuffled order.
  void add_machine_samples(DraftOrder& order) const {
    Random random(shop_.file.recipe.seed, stage_ + "/machine", static_cast<uint64_t>(order.index));
    for (int i = 0; i < nature_.machine_samples && !machine_.empty(); ++i)
      order.samples.push_back(random.pick(machine_));
    random.shuffle(order.samples);
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

  struct Rows {
    std::vector<Instruction> instructions;
    std::vector<Answer> answers;  // one an instruction; without text where none came with it
    std::vector<Drop> drops;
  };

  void fail(const Error& error, Rows& rows) {
    ++counts.in;
    ++counts.failed;
    rows.drops.push_back({0, format("generator: {}", error_code_name(error.code)), error.message, true});
  }

  std::optional<std::string> refusal_of(const Attempt& attempt, const WrittenDraft& written) {
    const Draft& draft = written.draft;
    if (!written.refusal.empty()) return written.refusal;
    if (const auto refusal = refuse_draft(draft.text, draft.finish, filters_)) return std::string(*refusal);
    if (nature_.near_copies_allowed && known_.contains(fnv1a64(trim(draft.text)))) return "is there already";
    if (!nature_.near_copies_allowed && novelty_.is_near_duplicate(draft.text)) return "near duplicate";
    if (accepted_[attempt.bucket] >= buckets_[attempt.bucket].count) return "more than were wanted";
    return std::nullopt;
  }

  void take(const Attempt& attempt, const Instruction& seed, WrittenDraft& written, Rows& rows) {
    ++counts.in;
    if (const auto refusal = refusal_of(attempt, written)) {
      ++counts.dropped;
      rows.drops.push_back({0, *refusal, written.draft.text});
      return;
    }
    ++counts.ok;
    ++accepted_[attempt.bucket];
    ++children_[seed.id];
    Instruction row{.text = written.draft.text,
                    .origin = buckets_[attempt.bucket].origin,
                    .round = round_,
                    .parent_id = seed.id,
                    .call_key = written.draft.call_key};
    know(row);
    const bool same = written.kinship == Kinship::SameTask;
    row.kind = shop_.kind_of(row, same ? seed : Instruction());
    rows.answers.push_back({.text = std::move(written.output), .call_key = written.draft.call_key});
    rows.instructions.push_back(std::move(row));
  }

  static constexpr double kOnlyRepeated = 1.0;
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
      for (const Instruction& instruction : shop_.store.instructions(chunk)) writer.know(instruction);
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
  const Ids written = shop_.store.instruction_ids(name);
  return shop_.drafts.nature().answers_decide ? eliminate(round, order.verb, written) : written;
}

Ids Arm::replaced_by_children(const Ids& ids, const Ids& fresh) const {
  std::set<int64_t> parents;
  for_each_chunk(fresh, [&](std::span<const int64_t> chunk) {
    for (const Instruction& child : shop_.store.instructions(chunk)) parents.insert(child.parent_id);
  });
  Ids out = ids;
  std::erase_if(out, [&](int64_t id) { return parents.contains(id); });
  out.insert(out.end(), fresh.begin(), fresh.end());
  return out;
}

Ids Arm::eliminate(int round, const std::string& verb, const Ids& ids) {
  const std::string name = stage_name(verb == "write" ? "eliminate" : "eliminate_" + verb, round);
  teach(stage_name("teach_" + verb, round), round - 1, ids);
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(ids.size())}};
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      const std::map<int64_t, Answer> answers = lessons(round - 1, chunk);
      std::vector<Drop> drops;
      for (int64_t id : chunk) {
        const auto answer = answers.find(id);
        if (answer == answers.end())
          drops.push_back({id, "no teacher answer"});
        else if (const auto refusal = refuse_evolved_answer(answer->second.text))
          drops.push_back({id, std::string(*refusal), answer->second.text});
      }
      shop_.store.add_drops(name, drops);
      result.counts.dropped += static_cast<int64_t>(drops.size());
    });
    result.counts.ok = result.counts.in - result.counts.dropped;
    return result;
  });
  std::set<int64_t> gone;
  for (const Drop& drop : shop_.store.drops(name)) gone.insert(drop.instruction_id);
  Ids left = ids;
  std::erase_if(left, [&](int64_t id) { return gone.contains(id); });
  return left;
}

}  // namespace retort
