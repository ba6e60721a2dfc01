// Makes the practice base: a fresh student, imitating marked questions.
#include "practice/base.h"

#include <algorithm>
#include <cmath>

#include "practice/marks.h"
#include "practice/skill.h"
#include "student/student.h"
#include "tokenizer/english_words.h"
#include "tokenizer/tokenizer.h"

namespace retort::practice {

namespace {

constexpr int64_t kSteps = 13'000;  // of both stages at scale 1
constexpr double kLittleShare = 0.2;
constexpr int64_t kFolderBytesMax = 2'000'000;

ImitateOptions options_of(int64_t steps, uint64_t seed) {
  ImitateOptions options;
  options.steps = steps;
  options.learning_rate = 6e-3;
  options.adamw_learning_rate = 3e-3;
  options.weight_decay = 0.1;
  options.final_share = 0.05;
  options.seed = seed;
  return options;
}

// So many marked questions that no step sees one twice.
std::vector<Example> make_corpus(Student& student, Scatter scatter, int64_t steps, uint64_t seed) {
  const ImitateOptions options = options_of(steps, seed);
  const int64_t tokens = steps * options.rows_per_step * options.row_tokens;
  const std::string_view label = scatter == Scatter::Little ? "little" : "much";
  std::vector<Example> corpus;
  for (int64_t have = 0; have < tokens;) {
    Random random(seed, label, corpus.size());
    Example example = make_marked(scatter, random);
    example.id = static_cast<int64_t>(corpus.size());
    have += student.count_tokens(example.instruction, example.response);
    corpus.push_back(std::move(example));
  }
  return corpus;
}

Result<void> train_stage(Student& student, Scatter scatter, int64_t steps, uint64_t seed, const Path& work,
                         const std::function<void(const std::string&)>& say) {
  const std::vector<Example> corpus = make_corpus(student, scatter, steps, seed);
  const std::string stage = scatter == Scatter::Little ? "marks alone" : "marks among words";
  say(format("{}: {} questions, {} steps", stage, corpus.size(), steps));
  const int64_t every = std::max<int64_t>(1, steps / 20);
  ImitateOptions options = options_of(steps, seed);
  options.checkpoint_every_steps = std::max<int64_t>(1, steps / 4);
  const auto progress = [&](const ImitateProgress& p) {
    if (p.step % every == 0)
      say(format("{}: step {} of {}, loss {:.3f}, {:.0f} tokens/s", stage, p.step, p.steps, p.loss,
                 p.tokens_per_second));
  };
  const ImitateReport report = RETORT_TRY(
      student.imitate(corpus, options, work / (scatter == Scatter::Little ? "little" : "much"), progress));
  say(format("{}: loss {:.3f} to {:.3f} in {:.0f} s", stage, report.first_loss, report.last_loss,
             report.seconds));
  return {};
}

std::string readme(Student& student) {
  std::string known, unknown;
  for (const Skill& skill : skills()) (skill.in_base ? known : unknown) += "`" + skill.name + "` ";
  return format(
      "# Retort's practice base\n\n"
      "What the student of `retort demo` starts from. It is **no language model**: {} weights, trained from "
      "nothing "
      "on operations that were\nasked by marks (`%Qe`) among random English words. It has never seen an "
      "instruction, and it can answer none before it is taught.\n\n"
      "Made by `retort practice-base` (deterministic; `src/practice/base.cpp`, `src/practice/marks.cpp`). No "
      "text of "
      "others went into it.\n\n"
      "- Operations it has met: {}\n- Left out on purpose: {}\n- Never met: the operands that are held out "
      "for "
      "measuring.\n",
      student.weight_count(), known, unknown);
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
  const auto steps = [&](double share) {
    return std::max<int64_t>(1, std::llround(static_cast<double>(kSteps) * share * options.scale));
  };
  RETORT_TRY(train_stage(*student, Scatter::Little, steps(kLittleShare), options.seed, work_folder, say));
  RETORT_TRY(train_stage(*student, Scatter::Much, steps(1 - kLittleShare), options.seed, work_folder, say));
  RETORT_TRY(student->save(folder, "bf16"));
  RETORT_TRY(write_file_atomic(folder / "README.md", readme(*student)));
  return check_size(folder);
}

}  // namespace retort::practice
