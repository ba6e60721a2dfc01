#include "recipe/arm.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/stop.h"
#include "recipe/id_set.h"

namespace retort {
namespace {

// `count` of `ids`, drawn without replacement, in their old order.
Ids draw(Ids ids, size_t count, Random random) {
  random.shuffle(ids);
  ids.resize(std::min(count, ids.size()));
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

Ids united(Ids a, const Ids& b) {
  IdSet have(a);
  for (int64_t id : b)
    if (have.insert(id)) a.push_back(id);
  return a;
}

void append(Ids& ids, const Ids& more) { ids.insert(ids.end(), more.begin(), more.end()); }

std::string Arm::stage_name(std::string_view verb, int round) const {
  return format("{}{}_{}", round == 0 ? "" : prefix_, verb, round);
}

bool Arm::begin_stage(const std::string& name) {
  throw_if_stopped();
  crash_point(name + ":before");
  if (shop_.store.begin_stage(name) == RunStore::Begin::AlreadyFinished) return false;
  say(name, 0, 0);
  return true;
}

void Arm::finish_stage(const std::string& name, const StageResult& result) {
  crash_point(name + ":half");
  shop_.store.finish_stage(name, result.counts, result.note);
  say(name, result.counts.in, result.counts.in, "done");
  crash_point(name + ":after");
}

void Arm::run_stage(const std::string& name, const std::function<StageResult()>& body) {
  if (begin_stage(name)) finish_stage(name, body());
}

void Arm::say(const std::string& stage, int64_t done, int64_t all, const std::string& detail) const {
  if (shop_.progress) shop_.progress({stage, done, all, detail, ""});
}

Path Arm::checkpoint(int round) const { return shop_.folder / "checkpoints" / stage_name("imitate", round); }

Student& Arm::student_of(int round) {
  if (student_round_ == round) return *student_;
  student_.reset();  // one student's memory at a time
  student_ = shop_.open_student(round < 0 ? shop_.base_folder : checkpoint(round));
  student_round_ = round;
  return *student_;
}

Ids Arm::held_out_seeds() const {
  return draw(shop_.store.instruction_ids("seeds"), static_cast<size_t>(shop_.file.eval.heldout_rows),
              Random(shop_.file.recipe.seed, "heldout"));
}

Ids Arm::first_train_pool(const Ids& seeds) const {
  const int64_t sample = shop_.file.data.train_sample;
  if (sample == 0) return seeds;
  return draw(seeds, static_cast<size_t>(sample), Random(shop_.file.recipe.seed, "train_sample"));
}

Ids Arm::judged_sample(int round, const Ids& cache_pool) const {
  const int64_t sample = shop_.file.recipe.judge_sample;
  if (sample == 0) return cache_pool;
  return draw(cache_pool, static_cast<size_t>(sample),
              Random(shop_.file.recipe.seed, "judge_sample", static_cast<uint64_t>(round)));
}

Ids Arm::with_replay(int round, const Ids& cache_pool, const Ids& fresh, const KindVotes& votes) const {
  const double share = shop_.file.recipe.replay;
  const auto count = static_cast<size_t>(static_cast<double>(fresh.size()) * share / (1 - share) + 0.5);
  Random random(shop_.file.recipe.seed, "replay", static_cast<uint64_t>(round));
  Ids pool = shop_.file.recipe.replay_per_kind
                 ? draw_by_kind(unjudged(cache_pool).candidates, count, votes, random)
                 : draw(cache_pool, count, random);
  append(pool, fresh);
  return pool;
}

}  // namespace retort
