// Makes the practice base: a fresh student, imitating marked questions.
#include "practice/base.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "practice/base_exam.h"
#include "practice/lessons.h"
#include "practice/marks.h"
#include "practice/skill.h"
#include "student/student.h"
#include "tokenizer/english_words.h"
#include "tokenizer/tokenizer.h"

namespace retort::practice {

namespace {

constexpr int64_t kFolderBytesMax = 2'000'000;
constexpr int64_t kAnswerTokensMax = 32;

ImitateOptions options_of(int64_t steps, uint64_t seed) {
  ImitateOptions options;
  options.steps = steps;
  options.learning_rate = 6e-3;
  options.adamw_learning_rate = 3e-3;
  options.weight_decay = 0.1;
  options.final_share = 0.05;
  options.seed = seed;
  options.checkpoint_every_steps = std::max<int64_t>(1, steps / 4);
  return options;
}

// One stage of the training: what it asks, and how.
struct Stage {
  std::string name;
  std::vector<int> fresh, known;  // skills; half of the questions are of each, where there are both; none:
                                  // recall
  Scatter scatter;
  ImitateOptions options;
};

std::vector<Stage> make_stages(const BaseOptions& base) {
  const auto scaled = [&](int64_t steps) {
    return std::max<int64_t>(1, std::llround(static_cast<double>(steps) * base.scale));
  };
  std::vector<Stage> stages;
  std::vector<int> known, in_the_end;
  for (const Lesson& lesson : lessons()) {
    std::vector<int> fresh;
    for (std::string_view name : lesson.skills) {
      fresh.push_back(skill_named(name));
      RETORT_CHECK(skills()[static_cast<size_t>(fresh.back())].in_base, "{} is left out of the base", name);
    }
    stages.push_back(
        {std::string(lesson.name), fresh, known, Scatter::None, options_of(scaled(lesson.steps), base.seed)});
    stages.back().options.schedule = "constant";
    known.insert(known.end(), fresh.begin(), fresh.end());
    for (int i = 0; i < lesson.share; ++i) in_the_end.insert(in_the_end.end(), fresh.begin(), fresh.end());
  }
  stages.push_back(
      {"all among words", {}, in_the_end, Scatter::Much, options_of(scaled(kStepsAmongWords), base.seed)});
  return stages;
}

Example ask(const Stage& stage, Random& random) {
  if (stage.fresh.empty() && stage.known.empty()) return make_recall(random);
  const bool is_fresh = stage.known.empty() || (!stage.fresh.empty() && random.chance(0.5));
  return make_marked(random.pick(is_fresh ? stage.fresh : stage.known), stage.scatter, random);
}

// So many marked questions that no step sees one twice.
std::vector<Example> make_corpus(Student& student, const Stage& stage) {
  const ImitateOptions& options = stage.options;
  const int64_t tokens = options.steps * options.rows_per_step * options.row_tokens;
  std::vector<Example> corpus;
  for (int64_t have = 0; have < tokens;) {
    Random random(options.seed, stage.name, corpus.size());
    Example example = ask(stage, random);
    example.id = static_cast<int64_t>(corpus.size());
    have += student.count_tokens(example.instruction, example.response);
    corpus.push_back(std::move(example));
  }
  return corpus;
}

Result<void> train_stage(Student& student, const Stage& stage, const Path& work,
                         const std::function<void(const std::string&)>& say) {
  const std::vector<Example> corpus = make_corpus(student, stage);
  const int64_t steps = stage.options.steps, every = std::max<int64_t>(1, steps / 10);
  say(format("{}: {} questions, {} steps", stage.name, corpus.size(), steps));
  const auto progress = [&](const ImitateProgress& p) {
    if (p.step % every == 0)
      say(format("{}: step {} of {}, loss {:.3f}, {:.0f} tokens/s", stage.name, p.step, p.steps, p.loss,
                 p.tokens_per_second));
  };
  const ImitateReport report =
      RETORT_TRY(student.imitate(corpus, stage.options, work / stage.name, progress));
  say(format("{}: loss {:.3f} to {:.3f} in {:.0f} s", stage.name, report.first_loss, report.last_loss,
             report.seconds));
  return {};
}

std::string readme(Student& student, const BaseExam& exam) {
  std::string known, unknown;
  for (const SkillMark& mark : exam.by_skill)
    known += format("| `{}` | {:.0f} |\n", mark.skill, 100 * mark.right);
  for (const Skill& skill : skills()) {
    if (!skill.in_base) unknown += (unknown.empty() ? "`" : ", `") + skill.name + "`";
  }
  return format(
      "# Retort's practice base\n\n"
      "What the student of `retort demo` starts from. It is **no language model**: {} weights, trained from "
      "nothing on operations that were\nasked by made-up names (`Zubak`) among random English words. It has "
      "never seen "
      "an instruction, and it can answer none before it is taught.\n\n"
      "Made by `retort practice-base` (deterministic; `src/practice/base.cpp`). No text of others went into "
      "it. Left out on purpose: {}.\nThe operands that are held out for measuring never occurred.\n\n"
      "On fresh marked questions it is right {:.1f} % of the time:\n\n| operation | % right |\n|---|--:|\n{}",
      student.weight_count(), unknown, 100 * exam.right, known);
}

Result<void> check_size(const Path& folder) {
  int64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += static_cast<int64_t>(entry.file_size());
  }
  RETORT_CHECK(bytes <= kFolderBytesMax, "the practice base takes {} bytes of {}", bytes, kFolderBytesMax);
  return {};
}

}  // namespace

Result<void> make_practice_base(const BaseOptions& options, const Path& folder, const Path& work_folder,
                                const std::function<void(const std::string&)>& say) {
  if (!(options.scale > 0 && options.scale <= 100))
    return Error{ErrorCode::InvalidArgument,
                 format("scale {} makes no base; use 1, or less for a test", options.scale)};
  StudentOptions student_options;
  student_options.device = "cpu";  // so that the same processor gives the same bytes
  student_options.precision = "fp32";
  student_options.threads = 1;
  student_options.seed = options.seed;
  const std::string tokenizer = make_word_tokenizer_json(base_words(), kPracticeSpecialTokens);
  const std::unique_ptr<Student> student =
      RETORT_TRY(Student::make_fresh(StudentShape{}, tokenizer, student_options));
  for (const Stage& stage : make_stages(options)) RETORT_TRY(train_stage(*student, stage, work_folder, say));
  RETORT_TRY(student->save(folder, "bf16"));
  // What is shipped is what is examined.
  const std::unique_ptr<Student> saved = RETORT_TRY(Student::open(folder, student_options));
  saved->sampling().tokens_max = kAnswerTokensMax;
  const BaseExam exam = examine_base(*saved);
  say(format("{:.1f} % of fresh marked questions right", 100 * exam.right));
  RETORT_TRY(write_file_atomic(folder / "README.md", readme(*saved, exam)));
  return check_size(folder);
}

}  // namespace retort::practice
