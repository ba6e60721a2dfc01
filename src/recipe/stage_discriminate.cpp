// Discrimination: the student answers the cache pool (stage "answer_r"), the referee compares its answers
// with the teacher's in both orders ("judge_r").
#include <array>

#include "base/crash_point.h"
#include "base/log.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/id_set.h"

namespace retort {
namespace {

// One judged pair of verdicts, and what the counts need of it.
struct Tally {
  int64_t hard = 0, easy = 0, unjudged = 0, wins = 0, ties = 0, losses = 0, both = 0, disagree = 0;

  void add(const Judgement& judgement, const Verdict& teacher_first,
           const std::optional<Verdict>& student_first, double threshold) {
    const std::optional<double> gap = judgement.gap();
    if (!gap) {
      ++unjudged;
      return;
    }
    ++(*gap >= threshold ? hard : easy);
    ++(*gap < 0 ? wins : *gap == 0 ? ties : losses);
    if (!teacher_first.teacher_score || !student_first || !student_first->teacher_score) return;
    ++both;
    const double first = *teacher_first.teacher_score - *teacher_first.student_score;
    const double second = *student_first->teacher_score - *student_first->student_score;
    if (first * second < 0) ++disagree;
  }

  void store(RunStore& store, const std::string& stage, double threshold) const {
    store.set_metric(stage, "threshold", threshold);
    store.set_metric(stage, "hard", static_cast<double>(hard));
    store.set_metric(stage, "easy", static_cast<double>(easy));
    store.set_metric(stage, "unjudged", static_cast<double>(unjudged));
    // A share of nothing is no figure.
    const auto set_share = [&](const std::string& name, int64_t count, int64_t of) {
      if (of > 0) store.set_metric(stage, name, static_cast<double>(count) / static_cast<double>(of));
    };
    const int64_t judged = wins + ties + losses;
    set_share("win_rate", wins, judged);
    set_share("tie_rate", ties, judged);
    set_share("loss_rate", losses, judged);
    set_share("order_disagreement", disagree, both);
  }
};

}  // namespace

void Arm::answer(int round, const Ids& ids) {
  const std::string name = stage_name("answer", round);
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(ids.size())}};
    const IdSet have(shop_.store.answered_ids(name));
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      Ids missing;
      for (int64_t id : chunk)
        if (!have.contains(id)) missing.push_back(id);
      const std::vector<Instruction> asked = shop_.store.instructions(missing);
      ask(name, {"student", student_of(round - 1), &RunStore::add_answers}, asked, chunk.size(),
          result.counts);
    });
    return result;
  });
}

void Arm::judge(int round, const Ids& ids) {
  const std::string name = stage_name("judge", round), answers_of = stage_name("answer", round);
  const double threshold = shop_.file.recipe.threshold;
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(ids.size())}};
    Tally tally;
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      const std::map<int64_t, Answer> teacher = lessons(round - 1, chunk);
      const std::map<int64_t, Answer> student = shop_.store.answers(answers_of, chunk);
      std::vector<Match> matches;
      std::vector<Drop> drops;
      for (const Instruction& instruction : shop_.store.instructions(chunk)) {
        const auto taught = teacher.find(instruction.id), tried = student.find(instruction.id);
        if (taught == teacher.end())
          drops.push_back({instruction.id, "no teacher answer"});
        else if (taught->second.is_cut())  // half an answer is no measure
          drops.push_back({instruction.id, "teacher's answer was cut"});
        else if (tried == student.end())
          drops.push_back({instruction.id, "no student answer"});
        else
          matches.push_back({instruction.id, instruction.text, taught->second.text, tried->second.text,
                             shop_.file.recipe.reuse_verdicts ? 0 : round});
      }
      const std::vector<Verdict> teacher_first = shop_.referee.judge(matches, Order::TeacherFirst);
      std::vector<Verdict> student_first;
      if (shop_.file.recipe.order_swap) student_first = shop_.referee.judge(matches, Order::StudentFirst);
      for (size_t i = 0; i < matches.size(); ++i) {
        std::optional<Verdict> swapped;
        if (!student_first.empty()) swapped = student_first[i];
        const Judgement judgement = combine(matches[i].instruction_id, teacher_first[i], swapped);
        tally.add(judgement, teacher_first[i], swapped, threshold);
        if (!judgement.gap())
          drops.push_back({matches[i].instruction_id, "unjudged: " + teacher_first[i].reason});
      }
      shop_.store.transaction([&] {
        shop_.store.add_verdicts(name, teacher_first);
        shop_.store.add_verdicts(name, student_first);
        shop_.store.add_drops(name, drops);
      });
      result.counts.dropped += static_cast<int64_t>(drops.size());
      result.counts.ok += static_cast<int64_t>(chunk.size() - drops.size());
      say(name, result.counts.ok + result.counts.dropped, result.counts.in);
      crash_point(name + ":chunk");
    });
    tally.store(shop_.store, name, threshold);
    if (!ids.empty() && tally.hard + tally.easy == 0)
      log_warning(
          "{}: none of {} instructions has a verdict, so the round writes from all alike; status shows why "
          "each "
          "is unjudged",
          name, ids.size());
    return result;
  });
}

JudgedPool Arm::discriminate(int round, const Ids& cache_pool) {
  const Ids ids = shown_to_referee(round, cache_pool);
  teach(stage_name("teach_cache", round), round - 1,
        ids);  // a seed that no train pool has drawn yet still needs its answer
  answer(round, ids);
  judge(round, ids);
  JudgedPool pool = unjudged(ids);
  size_t next = 0;  // the candidates are in the order of the ids
  for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
    std::map<int64_t, std::array<std::optional<Verdict>, 2>> by_order;
    for (Verdict& verdict : shop_.store.verdicts(stage_name("judge", round), chunk))
      by_order[verdict.instruction_id][verdict.order == Order::TeacherFirst ? 0 : 1] = std::move(verdict);
    for (int64_t id : chunk) {
      SeedCandidate& candidate = pool.candidates[next++];
      const auto& [teacher_first, student_first] = by_order[id];
      const Judgement judgement = combine(id, teacher_first, student_first);
      candidate.gap = judgement.gap();
      candidate.teacher_score = judgement.teacher_score;
    }
  });
  return pool;
}

JudgedPool Arm::unjudged(const Ids& cache_pool) const {
  JudgedPool pool;
  pool.candidates.reserve(cache_pool.size());
  for_each_chunk(cache_pool, [&](std::span<const int64_t> chunk) {
    for (const Instruction& instruction : shop_.store.instructions(chunk))
      pool.add({.id = instruction.id, .kind = instruction.kind});
  });
  return pool;
}

}  // namespace retort
