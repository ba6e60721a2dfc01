// Imitation: the teacher answers what it has not answered yet (stage "teach_r"), then the student goes on
// training on it ("imitate_r").
#include <algorithm>

#include "base/crash_point.h"
#include "base/hash.h"
#include "base/words.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/train_curve.h"

namespace retort {

namespace {

// How long the reasoning before the answers is, in words, and how many have any.
void store_lengths(RunStore& store, const std::string& stage, std::vector<int64_t> words, int64_t examples) {
  if (words.empty()) return;
  std::sort(words.begin(), words.end());
  const auto at = [&](double share) {
    return static_cast<double>(words[static_cast<size_t>(share * static_cast<double>(words.size() - 1))]);
  };
  store.set_metric(stage, "reasoning_share",
                   static_cast<double>(words.size()) / static_cast<double>(examples));
  for (const auto& [name, share] : {std::pair{"p10", 0.1}, {"p50", 0.5}, {"p90", 0.9}, {"max", 1.0}})
    store.set_metric(stage, format("reasoning_words/{}", name), at(share));
}

}  // namespace

std::map<int64_t, Answer> Arm::lessons(int round, std::span<const int64_t> ids) const {
  std::map<int64_t, Answer> lessons = shop_.store.teacher_answers(ids);
  for (int r = 0; r <= round; ++r)
    for (const char* verb : {"explain", "rewrite"})
      for (auto& [id, answer] : shop_.store.answers(stage_name(verb, r), ids))
        lessons[id] = std::move(answer);
  return lessons;
}

std::string Arm::training_text(const Instruction& instruction) const {
  if (!shop_.explainer || shop_.file.orca.system_message == "erase") return instruction.text;
  const std::string message = shop_.explainer(0).message(instruction);
  return message.empty() ? instruction.text : message + "\n\n" + instruction.text;
}

void Arm::keep(const std::string& stage, const Asked& of, const std::vector<Instruction>& asked,
               std::vector<Result<Answer>> answers, size_t chunk_size, StageCounts& counts) {
  // A student that was taught to think does so in its text.
  for (Result<Answer>& answer : answers) {
    if (!answer || !answer->reasoning.empty()) continue;
    ThoughtText parts = split_thought(answer->text);
    answer->reasoning = std::move(parts.reasoning);
    answer->text = std::move(parts.text);
  }
  std::vector<StoredAnswer> rows;
  std::vector<Drop> drops;
  for (size_t i = 0; i < asked.size(); ++i) {
    if (answers[i])
      rows.push_back({asked[i].id, *answers[i]});
    else
      drops.push_back({asked[i].id, format("{}: {}", of.role, error_code_name(answers[i].error().code)),
                       answers[i].error().message, true});
  }
  shop_.store.transaction([&] {
    (shop_.store.*of.keep)(stage, rows);
    shop_.store.add_drops(stage, drops);
  });
  counts.failed += static_cast<int64_t>(drops.size());
  counts.ok += static_cast<int64_t>(chunk_size - drops.size());
  say(stage, counts.ok + counts.failed, counts.in);
  crash_point(stage + ":chunk");
}

void Arm::teach(const std::string& name, int round, const Ids& ids) {
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(ids.size())}};
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      const std::map<int64_t, Answer> known = lessons(round, chunk);
      Ids missing;
      for (int64_t id : chunk)
        if (!known.contains(id)) missing.push_back(id);
      const std::vector<Instruction> asked = shop_.store.instructions(missing);
      if (shop_.file.answers.is_checked())
        ask_and_choose(name, asked, chunk.size(), result.counts);
      else
        keep(name, {"teacher", &RunStore::add_teacher_answers}, asked, shop_.teacher.answer(asked),
             chunk.size(), result.counts);
    });
    return result;
  });
}

void Arm::show_lessons(int round, const Ids& train_pool, Shown& shown,
                       const std::function<void(const Example&)>& show) const {
  const AnswersSection& wanted = shop_.file.answers;
  const bool keeps_reasoning = wanted.reasoning == "keep";
  for_each_chunk(train_pool, [&](std::span<const int64_t> chunk) {
    const std::map<int64_t, Answer> answers = lessons(round, chunk);
    for (const Instruction& instruction : shop_.store.instructions(chunk)) {
      const auto found = answers.find(instruction.id);
      if (found == answers.end()) {
        shown.drops.push_back({instruction.id, "no teacher answer"});
        continue;
      }
      const Answer& answer = found->second;
      const auto words = static_cast<int64_t>(word_count(answer.reasoning));
      if (answer.is_cut()) {  // the student would learn to stop in the middle
        shown.drops.push_back({instruction.id, "teacher's answer was cut"});
      } else if (keeps_reasoning && wanted.reasoning_words_max > 0 && words > wanted.reasoning_words_max) {
        shown.drops.push_back({instruction.id, "longer reasoning than answers.reasoning_words_max"});
      } else {
        if (words > 0) shown.reasoning_words.push_back(words);
        ++shown.examples;
        show({instruction.id, training_text(instruction),
              keeps_reasoning ? with_thought(answer.reasoning, answer.text) : answer.text});
      }
    }
  });
}

void Arm::imitate(int round, const Ids& train_pool) {
  if (shop_.file.answers.explained && prefix_.empty()) explain_lessons(round, train_pool);
  teach(stage_name("teach", round), round, train_pool);
  const std::string name = stage_name("imitate", round);
  run_stage(name, [&]() -> StageResult {
    Shown shown;
    const ExampleSource examples = [&](const auto& show) { show_lessons(round, train_pool, shown, show); };
    ImitateOptions options = shop_.file.train;
    options.seed = mix64(shop_.file.recipe.seed, static_cast<uint64_t>(round));
    if (round > 0) {
      options.steps = shop_.file.train.round_steps;
      options.learning_rate *= shop_.file.train.round_rate;
      options.adamw_learning_rate *= shop_.file.train.round_rate;
    }
    const Path steps_folder = checkpoint(round).string() + ".steps";
    Student& student = student_of(round - 1);
    student_round_ = -2;  // its weights are about to become neither round's
    TrainCurve curve;
    const ImitateReport report =
        or_throw(student.imitate(examples, options, steps_folder, [&](const ImitateProgress& p) {
          curve.add(p);
          say(name, p.step, p.steps, format("loss {:.3f}, {:.0f} tokens/s", p.loss, p.tokens_per_second));
        }));
    for (int64_t id : report.too_long) shown.drops.push_back({id, "longer than the context"});
    or_throw(student.save(checkpoint(round), "fp32"));
    student_round_ = round;
    std::error_code ignored;
    std::filesystem::remove_all(steps_folder, ignored);
    shop_.store.add_drops(name, shown.drops);
    store_lengths(shop_.store, name, std::move(shown.reasoning_words), shown.examples);
    const auto all = static_cast<int64_t>(train_pool.size()),
               dropped = static_cast<int64_t>(shown.drops.size());
    Json note = Json::object();
    note.set("steps", report.steps).set("tokens", report.tokens).set("first_loss", report.first_loss);
    note.set("last_loss", report.last_loss)
        .set("seconds", report.seconds)
        .set("padding_share", report.padding_share)
        .set("curve", curve.json());
    return {.counts = {.in = all, .ok = all - dropped, .dropped = dropped}, .note = note};
  });
}

}  // namespace retort
