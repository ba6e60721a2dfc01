// Gaps, sweeps, pools and samples. Samples are spread evenly over the gaps, from the widest to the narrowest,
// so that nobody can pick the pretty ones.
#include "serve/run_evidence.h"

#include <algorithm>

#include "pool/selection.h"
#include "serve/stage_name.h"
#include "serve/view_evals.h"
#include "serve/view_tasks.h"
#include "store/schema.h"

namespace retort {
namespace {

constexpr size_t kSamples = 12;         // judged pairs that the report shows
constexpr size_t kUnjudgedSamples = 2;  // and pairs that the referee said nothing of
constexpr double kSweep[] = {0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5};

struct PairVerdicts {
  int64_t id = 0;
  std::vector<Verdict> verdicts;
  std::optional<double> gap;
};

// The verdicts of a stage, one entry an instruction, in the order of ids.
std::vector<PairVerdicts> judged_pairs(RunStore& store, const std::string& stage) {
  std::vector<PairVerdicts> pairs;
  for (Verdict& verdict : store.verdicts(stage)) {
    if (pairs.empty() || pairs.back().id != verdict.instruction_id)
      pairs.push_back({verdict.instruction_id, {}, {}});
    pairs.back().verdicts.push_back(std::move(verdict));
  }
  for (PairVerdicts& pair : pairs) {
    std::optional<Verdict> of_order[2];
    for (const Verdict& verdict : pair.verdicts)
      of_order[verdict.order == Order::TeacherFirst ? 0 : 1] = verdict;
    pair.gap = combine(pair.id, of_order[0], of_order[1]).gap();
  }
  return pairs;
}

GapView gap_view(const std::vector<PairVerdicts>& pairs, int round, std::optional<double> threshold) {
  GapView view{.round = round, .threshold = threshold};
  std::vector<SeedCandidate> candidates;
  for (const PairVerdicts& pair : pairs) {
    candidates.push_back({pair.id, {}, pair.gap});
    if (pair.gap)
      view.gaps.push_back(*pair.gap);
    else
      ++view.unjudged;
  }
  std::sort(view.gaps.begin(), view.gaps.end());
  std::vector<double> thresholds(std::begin(kSweep), std::end(kSweep));
  if (threshold) thresholds.push_back(*threshold);
  std::sort(thresholds.begin(), thresholds.end());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  std::vector<int64_t> hard = sweep_thresholds(candidates, thresholds);
  for (size_t i = 0; i < thresholds.size(); ++i) view.sweep.emplace_back(thresholds[i], hard[i]);
  return view;
}

PoolView pool_view(RunStore& store, const std::string& stage, const std::string& arm, int round) {
  PoolView pool{.arm = arm, .round = round};
  store.for_each_instruction(stage, [&](const Instruction& instruction) {
    ++pool.rows;
    ++pool.kinds[instruction.kind];
    ++pool.origins[std::string(origin_name(instruction.origin))];
  });
  return pool;
}

// At most `count` of them, evenly spaced, the first and the last included.
template <class T>
std::vector<T> evenly_spaced(const std::vector<T>& items, size_t count) {
  if (items.size() <= count) return items;
  std::vector<T> out;
  for (size_t i = 0; i < count; ++i) out.push_back(items[i * (items.size() - 1) / (count - 1)]);
  return out;
}

std::vector<PairVerdicts> pick(std::vector<PairVerdicts> pairs) {
  auto middle = std::stable_partition(pairs.begin(), pairs.end(),
                                      [](const PairVerdicts& pair) { return pair.gap.has_value(); });
  std::vector<PairVerdicts> judged(pairs.begin(), middle), unjudged(middle, pairs.end());
  std::stable_sort(judged.begin(), judged.end(),
                   [](const PairVerdicts& a, const PairVerdicts& b) { return *a.gap > *b.gap; });
  std::vector<PairVerdicts> picked = evenly_spaced(judged, kSamples);
  for (PairVerdicts& pair : evenly_spaced(unjudged, kUnjudgedSamples)) picked.push_back(std::move(pair));
  return picked;
}

std::vector<SampleView> read_samples(RunStore& store, std::vector<PairVerdicts> pairs,
                                     const std::string& answer_stage) {
  std::vector<int64_t> ids;
  for (const PairVerdicts& pair : pairs) ids.push_back(pair.id);
  std::map<int64_t, Answer> teacher = store.teacher_answers(ids), student;
  if (!answer_stage.empty()) student = store.answers(answer_stage, ids);
  auto text_of = [](const std::map<int64_t, Answer>& answers, int64_t id) {
    auto found = answers.find(id);
    return found == answers.end() ? std::nullopt : std::optional(found->second.text);
  };
  std::vector<SampleView> samples;
  for (Instruction& instruction : store.instructions(ids)) {
    PairVerdicts& pair = pairs[samples.size()];
    samples.push_back({std::move(instruction), text_of(teacher, pair.id), text_of(student, pair.id),
                       std::move(pair.verdicts), pair.gap});
  }
  return samples;
}

std::optional<double> threshold_of(const ArmView& arm, int round) {
  for (const RoundView& r : arm.rounds)
    if (r.round == round) return r.threshold;
  return std::nullopt;
}

// Where no referee judged, the latest instructions with the teacher's answers alone.
void sample_unjudged(RunStore& store, const std::string& stage, Evidence& evidence) {
  std::vector<int64_t> ids = store.instruction_ids(stage);
  evidence.samples_from = static_cast<int64_t>(ids.size());
  std::vector<PairVerdicts> pairs;
  for (int64_t id : evenly_spaced(ids, kSamples)) pairs.push_back({id, {}, {}});
  evidence.samples = read_samples(store, std::move(pairs), "");
}

}  // namespace

Evidence read_evidence(RunStore& store, const std::vector<StageRecord>& stages, const RunView& view) {
  Evidence evidence{.evals = read_evals(view.folder)};
  Database database(view.folder / kStoreFile, Database::Access::Read);
  evidence.calls = read_stage_calls(database, stages);
  std::string newest_rows;
  std::vector<PairVerdicts> last_pairs;
  for (const StageRecord& stage : stages) {
    if (!stage.finished) continue;
    if (stage.name == "seeds") {
      evidence.pools.push_back(pool_view(store, stage.name, view.recipe, 0));
      newest_rows = stage.name;
    }
    std::optional<StageName> name = parse_stage_name(stage.name);
    if (!name) continue;
    if (name->verb == "probe" || name->verb == "write") {
      const std::string& arm = name->prefix.empty() || !view.control ? view.recipe : view.control->recipe;
      evidence.pools.push_back(pool_view(store, stage.name, arm, name->round));
      if (name->prefix.empty()) newest_rows = stage.name;
    }
    if (name->verb == "curriculum" && name->prefix.empty())
      evidence.curricula.push_back({name->round, store.metrics(stage.name)});
    if (name->verb != "judge" || !name->prefix.empty()) continue;
    for (TaskView& task : read_tasks(database, stage.name, name->round))
      evidence.tasks.push_back(std::move(task));
    if (std::optional<LengthView> lengths = read_lengths(database, name->round))
      evidence.lengths.push_back(*lengths);
    std::vector<PairVerdicts> pairs = judged_pairs(store, stage.name);
    evidence.gaps.push_back(gap_view(pairs, name->round, threshold_of(view.main, name->round)));
    evidence.samples_round = name->round;
    last_pairs = std::move(pairs);
  }
  if (evidence.samples_round) {
    evidence.samples_from = static_cast<int64_t>(last_pairs.size());
    evidence.samples =
        read_samples(store, pick(std::move(last_pairs)), format("answer_{}", *evidence.samples_round));
    return evidence;
  }
  if (!newest_rows.empty()) sample_unjudged(store, newest_rows, evidence);
  return evidence;
}

}  // namespace retort
