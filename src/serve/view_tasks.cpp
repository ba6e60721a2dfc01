#include "serve/view_tasks.h"

#include <algorithm>

#include "serve/kind_name.h"
#include "serve/stage_name.h"

namespace retort {
namespace {

struct Pairs {
  std::vector<double> gaps;
  int64_t wins = 0, ties = 0, losses = 0;
};

// The mean over the orders that gave scores, of one instruction.
class GapOfPair {
 public:
  void add(std::optional<double> teacher, std::optional<double> student) {
    if (!teacher || !student) return;
    sum_ += *teacher - *student;
    ++orders_;
  }
  void close(Pairs& pairs) {
    if (orders_ == 0) return;
    const double gap = sum_ / orders_;
    pairs.gaps.push_back(gap);
    ++(gap < 0 ? pairs.wins : gap == 0 ? pairs.ties : pairs.losses);
    *this = {};
  }

 private:
  double sum_ = 0;
  int orders_ = 0;
};

// When a stage that makes calls ended, and which it is.
struct StageEnd {
  int64_t finished_ms;
  size_t index;
};

std::vector<StageEnd> ends_of(const std::vector<StageRecord>& stages) {
  std::vector<StageEnd> ends;
  for (size_t i = 0; i < stages.size(); ++i) {
    const std::optional<StageName> name = parse_stage_name(stages[i].name);
    // The student answers without a call, and the referee is at work meanwhile.
    if (stages[i].name == "run" || (name && name->verb == "answer")) continue;
    if (stages[i].finished) ends.push_back({stages[i].finished_ms, i});
  }
  std::stable_sort(ends.begin(), ends.end(),
                   [](const StageEnd& a, const StageEnd& b) { return a.finished_ms < b.finished_ms; });
  return ends;
}

// The stage that was at work then: the first that ended no earlier, or the last that has begun.
size_t stage_at(int64_t ms, const std::vector<StageEnd>& ends, size_t newest) {
  auto found = std::lower_bound(ends.begin(), ends.end(), ms,
                                [](const StageEnd& end, int64_t at) { return end.finished_ms < at; });
  return found == ends.end() ? newest : found->index;
}

}  // namespace

std::vector<TaskView> read_tasks(Database& database, const std::string& stage, int round) {
  std::map<std::string, Pairs> tasks;
  GapOfPair gap;
  int64_t id = -1;
  std::string task;
  Query row = database.query(
      "SELECT v.instruction_id, v.teacher_score, v.student_score, i.kind FROM verdicts v "
      "JOIN instructions i ON i.id = v.instruction_id "
      "WHERE v.stage_id = (SELECT id FROM stages WHERE name = ?) ORDER BY v.instruction_id",
      stage);
  while (row.next()) {
    if (row.integer(0) != id) {
      if (id >= 0) gap.close(tasks[task]);
      id = row.integer(0);
      task = split_kind(row.text(3)).skill;
    }
    gap.add(row.real_or_null(1), row.real_or_null(2));
  }
  if (id >= 0) gap.close(tasks[task]);
  std::vector<TaskView> views;
  for (const auto& [name, pairs] : tasks)
    if (!pairs.gaps.empty())
      views.push_back({round, name, mean_interval(pairs.gaps), pairs.wins, pairs.ties, pairs.losses});
  return views;
}

std::optional<LengthView> read_lengths(Database& database, int round) {
  Query row = database.query(
      "SELECT count(*), avg(length(a.text)), avg(length(t.text)) FROM answers a "
      "JOIN teacher_answers t ON t.instruction_id = a.instruction_id "
      "WHERE a.stage_id = (SELECT id FROM stages WHERE name = ?)",
      format("answer_{}", round));
  if (!row.next() || row.integer(0) == 0) return std::nullopt;
  return LengthView{round, row.integer(0), row.real(1), row.real(2)};
}

std::vector<StageCalls> read_stage_calls(Database& database, const std::vector<StageRecord>& stages) {
  if (stages.empty()) return {};
  const std::vector<StageEnd> ends = ends_of(stages);
  std::map<std::pair<size_t, std::string>, StageCalls> found;
  Query row = database.query(
      "SELECT role, state, attempts, tokens_in, tokens_out, tokens_cached, cost, changed_ms FROM calls");
  while (row.next()) {
    const size_t stage = stage_at(row.integer(7), ends, stages.size() - 1);
    StageCalls& calls = found[{stage, row.text(0)}];
    const auto state = static_cast<CallState>(row.integer(1));
    calls.done += state == CallState::Done ? 1 : 0;
    calls.failed += state == CallState::Failed ? 1 : 0;
    calls.sent_again += std::max<int64_t>(row.integer(2) - 1, 0);
    calls.tokens_in += row.integer(3);
    calls.tokens_out += row.integer(4);
    calls.tokens_cached += row.integer(5);
    calls.cost += row.integer(6);
  }
  std::vector<StageCalls> out;
  for (auto& [where, calls] : found) {
    calls.stage = stages[where.first].name;
    calls.role = where.second;
    out.push_back(std::move(calls));
  }
  return out;
}

}  // namespace retort
