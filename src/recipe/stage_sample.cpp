// Several answers of the teacher to a question, and the one that is kept ([answers]; EKT, arXiv 2211.16740).
#include "base/crash_point.h"
#include "recipe/answer_check.h"
#include "recipe/arm.h"
#include "recipe/sandbox.h"

namespace retort {
namespace {

// A question of which every call failed has failed; one whose answers pass no check is dropped.
std::optional<Error> error_of_all(std::span<const Result<Answer>> samples) {
  for (const Result<Answer>& sample : samples)
    if (sample) return std::nullopt;
  return samples.front().error();
}

}  // namespace

void Arm::ask_and_choose(const std::string& stage, const std::vector<Instruction>& asked, size_t chunk_size,
                         StageCounts& counts) {
  const AnswersSection& options = shop_.file.answers;
  std::vector<std::vector<Result<Answer>>> by_question(asked.size());
  for (int64_t index = 0; index < options.samples; ++index) {
    std::vector<Result<Answer>> answers = shop_.sample(asked, index);
    for (size_t i = 0; i < asked.size(); ++i) by_question[i].push_back(std::move(answers[i]));
    say(stage, index + 1, options.samples, "samples");
  }
  Ids ids;
  for (const Instruction& instruction : asked) ids.push_back(instruction.id);
  // What the rows brought as gold stands beside them as the answers of the stage "seeds".
  const std::map<int64_t, Answer> gold = shop_.store.answers("seeds", ids);
  std::vector<StoredAnswer> rows;
  std::vector<Drop> drops;
  int64_t failed = 0;
  for (size_t i = 0; i < asked.size(); ++i) {
    std::vector<Result<Answer>>& samples = by_question[i];
    if (const auto error = error_of_all(samples)) {
      drops.push_back({ids[i], format("teacher: {}", error_code_name(error->code)), error->message, true});
      ++failed;
      continue;
    }
    const auto known = gold.find(ids[i]);
    const ChosenAnswer chosen = choose_answer(
        asked[i].text, samples,
        known == gold.end() ? std::nullopt : std::optional<std::string>(known->second.text), options,
        [&](const std::string& program) { return run_python(program, options.run_seconds); });
    if (chosen.reason.empty())
      rows.push_back({ids[i], *std::move(samples[chosen.index])});
    else
      drops.push_back({ids[i], chosen.reason});
  }
  shop_.store.transaction([&] {
    shop_.store.add_teacher_answers(stage, rows);
    shop_.store.add_drops(stage, drops);
  });
  counts.failed += failed;
  counts.dropped += static_cast<int64_t>(drops.size()) - failed;
  counts.ok += static_cast<int64_t>(chunk_size - drops.size());
  say(stage, counts.ok + counts.dropped + counts.failed, counts.in);
  crash_point(stage + ":chunk");
}

}  // namespace retort
