#include "sim/facts.h"

#include <algorithm>
#include <set>

#include "base/hash.h"

namespace retort::sim {
namespace {

std::string answer_line(std::string_view stage, int64_t id, const Answer& answer) {
  return format("answer {} {} {} {}\n", stage, id, finish_name(answer.finish), answer.text);
}

std::string calls_text(RunStore& store) {
  std::vector<std::string> lines;
  for (CallState state : {CallState::Planned, CallState::Sent, CallState::Done, CallState::Failed})
    store.for_each_call(state, [&](const CallRecord& call) {
      lines.push_back(format("call {} {} {}\n", call.role, static_cast<int>(state), call.key));
    });
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string stage_text(RunStore& store, const StageRecord& stage) {
  const StageCounts& n = stage.counts;
  std::string text =
      format("stage {} {} {} {} {} {}\n", stage.name, stage.finished, n.in, n.ok, n.dropped, n.failed);
  const std::vector<int64_t> answered = store.answered_ids(stage.name);
  for (const auto& [id, answer] : store.answers(stage.name, answered))
    text += answer_line(stage.name, id, answer);
  for (const Verdict& v : store.verdicts(stage.name))
    text += format("verdict {} {} {} {} {} {}\n", stage.name, v.instruction_id, static_cast<int>(v.order),
                   v.teacher_score.value_or(0), v.student_score.value_or(0), v.reason);
  for (const Drop& drop : store.drops(stage.name))
    text += format("drop {} {} {} {}\n", stage.name, drop.instruction_id, drop.reason, drop.detail);
  for (const auto& [name, value] : store.metrics(stage.name))
    text += format("metric {} {} {}\n", stage.name, name, value);
  return text;
}

std::string students_text(const Path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().filename() == "model.json")
      lines.push_back(format("student {} {}\n", entry.path().lexically_relative(folder).string(),
                             or_throw(read_file(entry.path()))));
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string next_line(std::string_view text, size_t& at) {
  const size_t end = std::min(text.find('\n', at), text.size());
  std::string line(text.substr(at, end - at));
  at = std::min(end + 1, text.size());
  return line;
}

}  // namespace

std::string facts_of(RunStore& store, const Path& folder) {
  std::string text;
  store.for_each_instruction("", [&](const Instruction& i) {
    text += format("instruction {} {} {} {} {} {}\n", i.id, i.kind, static_cast<int>(i.origin), i.round,
                   i.parent_id, i.text);
  });
  for (const auto& [id, answer] : store.teacher_answers(store.instruction_ids("")))
    text += answer_line("teacher", id, answer);
  std::vector<StageRecord> stages = store.stages();
  for (const StageRecord& stage : stages) text += stage_text(store, stage);
  return text + calls_text(store) + students_text(folder);
}

std::string first_difference(const std::string& wanted, const std::string& got) {
  if (wanted == got) return "";
  size_t at = 0, of = 0;
  for (;;) {
    const std::string a = next_line(wanted, at), b = next_line(got, of);
    if (a != b || (at == wanted.size() && of == got.size())) return format("wanted \"{}\", got \"{}\"", a, b);
  }
}

std::vector<std::string> lost_replies(RunStore& store, const World& world) {
  std::vector<std::string> wrong;
  std::map<std::string, std::string> stored;
  store.for_each_call(CallState::Done,
                      [&](const CallRecord& call) { stored.emplace(call.request, call.reply); });
  for (const auto& [request, reply] : world.acknowledged()) {
    const auto found = stored.find(request);
    if (found == stored.end())
      wrong.push_back(format("a reply that was taken is not stored: {}", request));
    else if (found->second != reply)
      wrong.push_back(format("a stored reply has other bytes: {}", request));
  }
  return wrong;
}

std::vector<std::string> wrong_accounts(RunStore& store, const World& world) {
  std::vector<std::string> wrong;
  std::map<std::string, int> explained;
  for (CallState state : {CallState::Planned, CallState::Sent, CallState::Done, CallState::Failed})
    store.for_each_call(state, [&](const CallRecord& call) {
      explained[call.request] +=
          call.unknown_outcomes + (state == CallState::Done || state == CallState::Sent);
      if (state == CallState::Done && !world.times_charged().contains(call.request))
        wrong.push_back(format("a reply that nobody gave: {}", call.request));
    });
  for (const auto& [request, times] : world.times_charged())
    if (times > explained[request])
      wrong.push_back(
          format("charged {} times, the store knows of {}: {}", times, explained[request], request));
  int64_t known = 0;
  for (const auto& [role, totals] : store.call_totals())
    known += totals.cost + totals.unknown_cost + totals.reserved;
  if (world.charged() > known)
    wrong.push_back(format("{} are charged, the store knows of {}", world.charged(), known));
  return wrong;
}

std::vector<std::string> unsound(RunStore& store) {
  std::vector<std::string> wrong = store.full_check();
  for (const StageRecord& stage : store.stages()) {
    int64_t dropped = 0;
    for (const auto& [reason, count] : store.drop_counts(stage.name)) dropped += count;
    if (!stage.finished)
      wrong.push_back(format("stage {} is not finished", stage.name));
    else if (dropped != stage.counts.dropped + stage.counts.failed)
      wrong.push_back(format("stage {} has {} drops on record", stage.name, dropped));
  }
  return wrong;
}

std::vector<std::string> told_secrets(RunStore& store, const World& world, const std::string& log) {
  std::vector<std::string> wrong;
  const auto look = [&](std::string_view text, std::string_view where) {
    if (text.find(kKey) != std::string_view::npos) wrong.push_back(format("the key is in {}", where));
  };
  look(log, "the log");
  look(world.disk.all_bytes(), "the database's bytes");
  for (CallState state : {CallState::Planned, CallState::Sent, CallState::Done, CallState::Failed})
    store.for_each_call(state, [&](const CallRecord& call) {
      look(call.request + call.reply + call.error, format("call {}", call.key));
    });
  return wrong;
}

}  // namespace retort::sim
