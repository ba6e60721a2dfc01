// Whom the referee sees (recipe.judge_prior): measures that cost no call decide it (stage "prior_r"). The
// referee is most of what Lion asks; docs/difficulty.md says how many of the hard ones each measure finds.
#include <algorithm>
#include <cmath>

#include "base/crash_point.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/prior.h"

namespace retort {
namespace {

constexpr std::string_view kItem = "item/";

struct Measured {
  std::vector<std::pair<int64_t, double>> values;
  std::vector<Drop> drops;
};

void measure_fits(ResponseScorer& scorer, const std::string& prior, const std::vector<Example>& examples,
                  Measured& out) {
  if (examples.empty()) return;
  const std::vector<ResponseFit> fits = scorer.fit(examples);
  for (size_t i = 0; i < fits.size(); ++i) {
    const std::optional<double> value = prior_of(prior, fits[i]);
    if (!value)
      out.drops.push_back({examples[i].id, "the answer is too short to measure"});
    else if (!std::isfinite(*value))
      out.drops.push_back({examples[i].id, "its measure is no finite number"});
    else
      out.values.emplace_back(examples[i].id, *value);
  }
}

// By falling measure; equal ones stay in the order given. What has no measure comes last.
void sort_by_measure(Ids& order, const std::map<int64_t, double>& measure) {
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const auto x = measure.find(a), y = measure.find(b);
    if (y == measure.end()) return x != measure.end();
    return x != measure.end() && x->second > y->second;
  });
}

}  // namespace

Ids Arm::shown_to_referee(int round, const Ids& cache_pool) {
  const std::string& prior = shop_.file.recipe.judge_prior;
  const auto wanted = static_cast<size_t>(shop_.file.recipe.judge_sample);
  if (prior.empty() || wanted >= cache_pool.size()) return judged_sample(round, cache_pool);
  teach(stage_name("teach_cache", round), round - 1, cache_pool);
  if (prior == "disagreement") answer(round, cache_pool);
  const std::string name = stage_name("prior", round), answers_of = stage_name("answer", round);
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(cache_pool.size())}};
    // One model's memory at a time.
    std::unique_ptr<ResponseScorer> scorer;
    if (prior != "disagreement") {
      student_.reset();
      student_round_ = -2;
      scorer = shop_.open_scorer(checkpoint(round - 1));
    }
    for_each_chunk(cache_pool, [&](std::span<const int64_t> chunk) {
      const std::map<int64_t, Answer> teacher = lessons(round - 1, chunk);
      const std::map<int64_t, Answer> own = shop_.store.answers(answers_of, chunk);
      Measured measured;
      std::vector<Example> examples;
      for (const Instruction& instruction : shop_.store.instructions(chunk)) {
        const auto taught = teacher.find(instruction.id), tried = own.find(instruction.id);
        if (taught == teacher.end() || taught->second.is_cut())
          measured.drops.push_back({instruction.id, "no whole teacher answer"});
        else if (prior == "disagreement" && tried == own.end())
          measured.drops.push_back({instruction.id, "no student answer"});
        else if (prior == "disagreement")
          measured.values.emplace_back(instruction.id, disagreement(taught->second.text, tried->second.text));
        else if (scorer->count_tokens(instruction.text, taught->second.text) > scorer->context())
          measured.drops.push_back({instruction.id, "longer than the context"});
        else
          examples.push_back({instruction.id, instruction.text, taught->second.text});
      }
      if (scorer) measure_fits(*scorer, prior, examples, measured);
      shop_.store.transaction([&] {
        for (const auto& [id, value] : measured.values)
          shop_.store.set_metric(name, format("{}{}", kItem, id), value);
        shop_.store.add_drops(name, measured.drops);
      });
      result.counts.dropped += static_cast<int64_t>(measured.drops.size());
      crash_point(name + ":chunk");
    });
    result.counts.ok = result.counts.in - result.counts.dropped;
    return result;
  });
  std::map<int64_t, double> measure;
  for (const auto& [metric, value] : shop_.store.metrics(name))
    if (metric.starts_with(kItem)) measure[std::stoll(metric.substr(kItem.size()))] = value;
  Ids order = cache_pool;
  Random(shop_.file.recipe.seed, "judge_prior", static_cast<uint64_t>(round)).shuffle(order);
  sort_by_measure(order, measure);
  order.resize(wanted);
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace retort
