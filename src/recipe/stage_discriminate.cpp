// Discrimination: the student answers the cache pool (stage "answer_r"), the referee compares its answers
// with the teacher's in both orders ("judge_r"). Both stages are open at once.
#include <algorithm>
#include <array>
#include <utility>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/stop.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"

namespace retort {

// What the referee's verdicts come to.
struct Arm::Tally {
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

Arm::Piece Arm::begin_answers(int round, std::span<const int64_t> ids) {
  const std::map<int64_t, Answer> have = shop_.store.answers(stage_name("answer", round), ids);
  Ids missing;
  for (int64_t id : ids)
    if (!have.contains(id)) missing.push_back(id);
  Piece piece{.ids = ids, .asked = shop_.store.instructions(missing), .answers = {}, .wanted = {}};
  if (!piece.asked.empty())
    piece.answers = std::async(
        shop_.ahead.on,
        [&student = student_of(round - 1), asked = std::span(piece.asked), wanted = piece.wanted.token()] {
          const WorkingFor order(wanted);
          return student.answer(asked);
        });
  return piece;
}

void Arm::keep_answers(int round, Piece piece, StageCounts& counts) {
  std::vector<Result<Answer>> answers;
  if (piece.answers.valid()) answers = piece.answers.get();
  keep(stage_name("answer", round), {"student", &RunStore::add_answers}, piece.asked, std::move(answers),
       piece.ids.size(), counts);
}

void Arm::answer(int round, const Ids& ids) {
  run_stage(stage_name("answer", round), [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(ids.size())}};
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      keep_answers(round, begin_answers(round, chunk), result.counts);
    });
    return result;
  });
}

void Arm::judge(int round, std::span<const int64_t> piece, Tally& tally, StageCounts& counts) {
  const std::string name = stage_name("judge", round);
  const bool order_swap = shop_.file.recipe.order_swap;
  const std::map<int64_t, Answer> teacher = lessons(round - 1, piece);
  const std::map<int64_t, Answer> student = shop_.store.answers(stage_name("answer", round), piece);
  std::vector<Match> matches;
  std::vector<Drop> drops;
  for (const Instruction& instruction : shop_.store.instructions(piece)) {
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
  const std::vector<Verdict> verdicts = shop_.referee.judge(matches, orders_asked(order_swap));
  for (size_t i = 0; i < matches.size(); ++i) {
    const auto swapped = order_swap ? std::optional(verdicts[matches.size() + i]) : std::nullopt;
    const Judgement judgement = combine(matches[i].instruction_id, verdicts[i], swapped);
    tally.add(judgement, verdicts[i], swapped, shop_.file.recipe.threshold);
    if (!judgement.gap()) drops.push_back({matches[i].instruction_id, "unjudged: " + verdicts[i].reason});
  }
  shop_.store.transaction([&] {
    shop_.store.add_verdicts(name, verdicts);
    shop_.store.add_drops(name, drops);
  });
  counts.dropped += static_cast<int64_t>(drops.size());
  counts.ok += static_cast<int64_t>(piece.size() - drops.size());
  say(name, counts.ok + counts.dropped, counts.in);
  crash_point(name + ":chunk");
}

void Arm::answer_and_judge(int round, const Ids& ids) {
  const std::string answers = stage_name("answer", round), verdicts = stage_name("judge", round);
  // A batch takes its hours whatever its size, so that it is the whole chunk.
  const size_t piece_size = filled(shop_.file.referee, shop_.file.teacher).mode == "batch"
                                ? kChunkIds
                                : std::clamp(ids.size() / 4, shop_.ahead.piece_min, kChunkIds);
  const std::vector<std::span<const int64_t>> pieces = pieces_of(ids, piece_size);
  StageResult answered{.counts = {.in = static_cast<int64_t>(ids.size())}}, judged = answered;
  Tally tally;
  bool is_answering = begin_stage(answers), is_judging = false;
  std::optional<Piece> ahead;
  if (is_answering) ahead.emplace(begin_answers(round, pieces.front()));
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (is_answering) {
      keep_answers(round, *std::move(ahead), answered.counts);
      is_answering = i + 1 < pieces.size();
      if (is_answering)
        ahead.emplace(begin_answers(round, pieces[i + 1]));
      else
        finish_stage(answers, answered);
    }
    // Not before there is something to judge, so that a short pool's stages come one after the other.
    if (i == 0) is_judging = begin_stage(verdicts);
    if (is_judging) judge(round, pieces[i], tally, judged.counts);
  }
  if (!is_judging) return;
  tally.store(shop_.store, verdicts, shop_.file.recipe.threshold);
  if (!ids.empty() && tally.hard + tally.easy == 0)
    log_warning(
        "{}: none of {} instructions has a verdict, so the round writes from all alike; status shows why "
        "each is unjudged",
        verdicts, ids.size());
  finish_stage(verdicts, judged);
}

JudgedPool Arm::discriminate(int round, const Ids& cache_pool) {
  const Ids ids = shown_to_referee(round, cache_pool);
  teach(stage_name("teach_cache", round), round - 1,
        ids);  // a seed that no train pool has drawn yet still needs its answer
  answer_and_judge(round, ids);
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
