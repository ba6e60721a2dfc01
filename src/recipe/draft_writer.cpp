#include "recipe/draft_writer.h"

#include <algorithm>

#include "base/hash.h"
#include "base/words.h"

namespace retort {
namespace {

constexpr double kOnlyRepeated = 1.0;  // a novelty threshold that nothing but a repetition reaches

}  // namespace

DraftWriter::DraftWriter(Workshop& shop, std::string stage, int round, std::vector<SeedBucket> buckets)
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

void DraftWriter::know(const Instruction& instruction) {
  if (nature_.near_copies_allowed)
    known_.insert(fnv1a64(trim(instruction.text)));
  else
    novelty_.add(instruction.text);
  if (nature_.machine_samples > 0 && instruction.origin != Origin::Seed)
    machine_.push_back({.text = instruction.text});
}

bool DraftWriter::turn() {
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
  store(rows);
  return true;
}

int64_t DraftWriter::wanted() const {
  int64_t all = 0;
  for (const SeedBucket& bucket : buckets_) all += bucket.count;
  return all;
}

int64_t DraftWriter::most_attempts(int64_t wanted) const {
  return static_cast<int64_t>(static_cast<double>(wanted) * shop_.file.recipe.attempts_per_instruction);
}

std::vector<DraftWriter::Attempt> DraftWriter::next_attempts() {
  const int64_t most = most_attempts(wanted());
  std::vector<Attempt> attempts;
  for (size_t b = 0; b < buckets_.size(); ++b) {
    const SeedBucket& bucket = buckets_[b];
    Ids open = open_seeds(bucket);
    int64_t missing = bucket.count - accepted_[b];
    for (; missing > 0 && attempted_ < most; missing -= nature_.drafts_per_order) {
      if (bucket.children_max > 0 && (open.empty() || attempted_of_[b] >= most_attempts(bucket.count))) break;
      const int64_t seed = draw(bucket, open);
      attempts.push_back({b, attempted_, seed, other_samples(bucket, seed)});
      ++attempted_;
      ++attempted_of_[b];
    }
  }
  return attempts;
}

// More seeds of the bucket, each once, by a stream of the attempt's own.
Ids DraftWriter::other_samples(const SeedBucket& bucket, int64_t seed) const {
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

std::vector<DraftOrder> DraftWriter::orders_of(const std::vector<Attempt>& attempts) {
  std::vector<DraftOrder> orders;
  for (const Attempt& attempt : attempts) {
    Ids ids = {attempt.seed_id};
    append(ids, attempt.others);
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
void DraftWriter::add_machine_samples(DraftOrder& order) const {
  Random random(shop_.file.recipe.seed, stage_ + "/machine", static_cast<uint64_t>(order.index));
  for (int i = 0; i < nature_.machine_samples && !machine_.empty(); ++i)
    order.samples.push_back(random.pick(machine_));
  random.shuffle(order.samples);
}

// Of a bucket whose seeds may bring only so many: those that may bring more, once for each.
Ids DraftWriter::open_seeds(const SeedBucket& bucket) const {
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
int64_t DraftWriter::draw(const SeedBucket& bucket, Ids& open) const {
  const auto attempt = static_cast<uint64_t>(attempted_);
  if (bucket.children_max == 0) return bucket.draw(shop_.file.recipe.seed, stage_, attempt);
  Random random(shop_.file.recipe.seed, stage_, attempt);
  const size_t at = random.below(open.size());
  std::swap(open[at], open.back());
  const int64_t id = open.back();
  open.pop_back();
  return id;
}

void DraftWriter::fail(const Error& error, Rows& rows) {
  ++counts_.in;
  ++counts_.failed;
  rows.drops.push_back({0, format("generator: {}", error_code_name(error.code)), error.message, true});
}

std::optional<std::string> DraftWriter::refusal_of(const Attempt& attempt, const WrittenDraft& written) {
  const Draft& draft = written.draft;
  if (!written.refusal.empty()) return written.refusal;
  if (const auto refusal = refuse_draft(draft.text, draft.finish, filters_)) return std::string(*refusal);
  if (nature_.near_copies_allowed && known_.contains(fnv1a64(trim(draft.text)))) return "is there already";
  if (!nature_.near_copies_allowed && novelty_.is_near_duplicate(draft.text)) return "near duplicate";
  if (accepted_[attempt.bucket] >= buckets_[attempt.bucket].count) return "more than were wanted";
  return std::nullopt;
}

void DraftWriter::take(const Attempt& attempt, const Instruction& seed, WrittenDraft& written, Rows& rows) {
  ++counts_.in;
  if (const auto refusal = refusal_of(attempt, written)) {
    ++counts_.dropped;
    rows.drops.push_back({0, *refusal, written.draft.text});
    return;
  }
  ++counts_.ok;
  ++accepted_[attempt.bucket];
  ++children_[seed.id];
  Instruction row{.text = written.draft.text,
                  .origin = buckets_[attempt.bucket].origin,
                  .round = round_,
                  .parent_id = seed.id,
                  .call_key = written.draft.call_key};
  know(row);
  const bool same = written.kinship == Kinship::SameTask;
  shop_.give_kind(row, same ? seed : Instruction());
  rows.answers.push_back({.text = std::move(written.output), .call_key = written.draft.call_key});
  rows.instructions.push_back(std::move(row));
}

void DraftWriter::store(Rows& rows) {
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
}

}  // namespace retort
