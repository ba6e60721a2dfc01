// Evaluation (stage "evaluate_r"): exact answers on held-out practice instructions of every skill and level,
// without a judge; and the loss on held-out rows, against the world's exact answers or the teacher's.
#include <algorithm>
#include <map>

#include "base/crash_point.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/practice_link.h"

namespace retort {
namespace {

struct KindScore {
  int64_t right = 0, all = 0;
  double weight = 0;  // of the kind in the seed pool
  double share() const { return all == 0 ? 0 : static_cast<double>(right) / static_cast<double>(all); }
};
using KindScores = std::map<std::string, KindScore>;

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

// An answer with its working is right by its last line, as the practice referee reads it.
bool is_right(std::string_view answer, std::string_view wanted) {
  const std::string text = trimmed(answer);
  return text == wanted || trimmed(text.substr(text.rfind('\n') + 1)) == wanted;
}

// The third of the kinds on which the student was worst after round 0; ties by name, so that the set is one
// and the same for ever.
std::vector<std::string> hard_third(const KindScores& scores) {
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [kind, score] : scores) order.emplace_back(score.share(), kind);
  std::sort(order.begin(), order.end());
  std::vector<std::string> out;
  for (size_t i = 0; i < order.size() / 3; ++i) out.push_back(order[i].second);
  return out;
}

double mean_share(const KindScores& scores, const std::vector<std::string>& kinds) {
  double sum = 0;
  for (const std::string& kind : kinds) sum += scores.at(kind).share();
  return kinds.empty() ? 0 : sum / static_cast<double>(kinds.size());
}

double weighted_share(const KindScores& scores) {
  double sum = 0, weight = 0;
  for (const auto& [kind, score] : scores) {
    sum += score.share() * score.weight;
    weight += score.weight;
  }
  return weight == 0 ? 0 : sum / weight;
}

// Answers the held-out items; the mean answer length goes to `characters`.
KindScores score(Student& student, const std::vector<practice::Item>& items, const RunFile& file,
                 double& characters) {
  std::vector<Instruction> asked(items.size());
  for (size_t i = 0; i < items.size(); ++i) asked[i].text = items[i].text;
  const std::vector<Result<Answer>> answers = student.answer(asked);
  KindScores scores;
  size_t length = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    KindScore& kind = scores[practice::kind_name(items[i].skill, items[i].level)];
    kind.weight = practice::kind_weight(items[i].skill, items[i].level, practice_skew(file.practice),
                                        file.practice.seed);
    ++kind.all;
    if (!answers[i]) continue;
    length += answers[i]->text.size();
    if (is_right(answers[i]->text, items[i].answer)) ++kind.right;
  }
  characters = items.empty() ? 0 : static_cast<double>(length) / static_cast<double>(items.size());
  return scores;
}

}  // namespace

void Arm::evaluate(int round) {
  const Ids rows = held_out_seeds();
  // The teacher's answers to the held-out rows are asked for once; they never become training data.
  if (!rows.empty()) teach("teach_heldout", -1, rows);
  const std::string name = stage_name("evaluate", round);
  run_stage(name, [&]() -> StageResult {
    RunStore& store = shop_.store;
    Student& student = student_of(round);
    const std::vector<practice::Item> items = practice_held_out(shop_.file);
    std::vector<Example> examples;
    for (const practice::Item& item : items) examples.push_back({0, item.text, item.answer});
    for_each_chunk(rows, [&](std::span<const int64_t> chunk) {
      const std::map<int64_t, Answer> answers = store.teacher_answers(chunk);
      for (const Instruction& instruction : store.instructions(chunk))
        if (auto answer = answers.find(instruction.id); answer != answers.end() && !answer->second.is_cut())
          examples.push_back({instruction.id, instruction.text, answer->second.text});
    });
    if (!examples.empty())
      store.set_metric(name, "heldout_loss", student.mean_loss(examples, shop_.file.train.row_tokens));
    const auto all = static_cast<int64_t>(items.size() + rows.size());
    if (items.empty()) return {.counts = {.in = all, .ok = all}};

    double characters = 0;
    const KindScores scores = score(student, items, shop_.file, characters);
    std::vector<std::string> kinds, hard;
    for (const auto& [kind, kind_score] : scores) {
      kinds.push_back(kind);
      store.set_metric(name, "kind/" + kind, kind_score.share());
      store.set_metric(name, "kind_n/" + kind, static_cast<double>(kind_score.all));
    }
    if (round == 0) {
      hard = hard_third(scores);
      for (const std::string& kind : hard) store.set_metric(name, "hard_kind/" + kind, 1);
    } else {
      for (const auto& [metric, value] : store.metrics("evaluate_0"))
        if (metric.starts_with("hard_kind/")) hard.push_back(metric.substr(10));
    }
    store.set_metric(name, "n", static_cast<double>(items.size()));
    store.set_metric(name, "exact_all", mean_share(scores, kinds));
    store.set_metric(name, "exact_hard", mean_share(scores, hard));
    store.set_metric(name, "exact_pool", weighted_share(scores));
    store.set_metric(name, "length_student", characters);
    return {.counts = {.in = all, .ok = all}};
  });
}

}  // namespace retort
