// What the student's work says of each kind, for recipes that share new instructions among the kinds by
// votes. Its loss by kind is the stage "measure_r".
#include "base/crash_point.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"

namespace retort {
namespace {

constexpr std::string_view kLossMetric = "loss/";

struct MeanLoss {
  double sum = 0, count = 0;
};

}  // namespace

KindVotes Arm::vote(int round, const Ids& ids, const RecipeSection& options) {
  const std::string& rule = options.selection;
  if (rule == "vote_gap") return votes_by_gap(discriminate(round, ids).candidates);
  if (rule == "vote_pass_rate")
    return votes_by_pass_rate(discriminate(round, ids).candidates, options.threshold);
  const KindLosses now = measure(round, ids);
  // The loss of the round before was stored by its own measure_r; the first round has none.
  if (rule == "vote_progress") return votes_by_progress(kind_losses(round - 1), now);
  return rule == "vote_likelihood" ? votes_by_likelihood(now) : votes_by_loss(now);
}

KindLosses Arm::kind_losses(int round) const {
  KindLosses losses;
  for (const auto& [metric, value] : shop_.store.metrics(stage_name("measure", round)))
    if (metric.starts_with(kLossMetric)) losses[metric.substr(kLossMetric.size())] = value;
  return losses;
}

KindLosses Arm::measure(int round, const Ids& pool) {
  const Ids ids = judged_sample(round, pool);
  teach(stage_name("teach_cache", round), round - 1, ids);
  const std::string name = stage_name("measure", round);
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(ids.size())}};
    Student& student = student_of(round - 1);
    std::map<std::string, MeanLoss> kinds;
    std::vector<Drop> drops;
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      std::map<std::string, std::vector<Example>> by_kind;
      const std::map<int64_t, Answer> answers = shop_.store.teacher_answers(chunk);
      for (const Instruction& instruction : shop_.store.instructions(chunk)) {
        const auto answer = answers.find(instruction.id);
        if (answer == answers.end() || answer->second.is_cut())
          drops.push_back({instruction.id, "no whole teacher answer"});
        else if (student.count_tokens(instruction.text, answer->second.text) > shop_.file.train.row_tokens)
          drops.push_back({instruction.id, "longer than the context"});
        else
          by_kind[instruction.kind].push_back({instruction.id, instruction.text, answer->second.text});
      }
      for (const auto& [kind, examples] : by_kind) {
        const auto count = static_cast<double>(examples.size());
        kinds[kind].sum += count * student.mean_loss(examples, shop_.file.train.row_tokens);
        kinds[kind].count += count;
      }
      crash_point(name + ":chunk");
    });
    for (const auto& [kind, loss] : kinds)
      shop_.store.set_metric(name, format("{}{}", kLossMetric, kind), loss.sum / loss.count);
    shop_.store.add_drops(name, drops);
    result.counts.dropped = static_cast<int64_t>(drops.size());
    result.counts.ok = result.counts.in - result.counts.dropped;
    return result;
  });
  return kind_losses(round);
}

}  // namespace retort
