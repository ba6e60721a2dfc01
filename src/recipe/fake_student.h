// A student for tests of recipes, without libtorch: it knows by heart what it was trained on, answers an
// unknown practice instruction right when it has seen enough of that kind, and saves all of that as JSON.
// Deterministic.
#pragma once

#include <map>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "practice/world.h"
#include "student/response_fit.h"
#include "student/student.h"

namespace retort {

class FakeStudent : public Student {
 public:
  static std::unique_ptr<Student> open_fake(const Path& folder, const StudentOptions&,
                                            const StudentSampling&) {
    auto student = std::make_unique<FakeStudent>();
    if (std::filesystem::exists(folder / "model.json")) {
      const Json json = or_throw(read_json_file((folder / "model.json").string()));
      for (const auto& [kind, count] : json.members()) student->seen_[kind] = count.integer_or(0);
    }
    return student;
  }

  StudentSampling& sampling() override { return sampling_; }
  std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) override {
    std::vector<Result<Answer>> answers;
    for (const Instruction& instruction : instructions) {
      const auto item = practice::understand(instruction.text);
      const bool knows = item && seen(*item) >= kEnough;
      answers.emplace_back(Answer{.text = knows ? item->answer : "no idea", .tokens_in = 5, .tokens_out = 2});
    }
    return answers;
  }
  Result<ImitateReport> imitate(const ExampleSource& examples, const ImitateOptions& options, const Path&,
                                const std::function<void(const ImitateProgress&)>&) override {
    ImitateReport report{.steps = options.steps};
    examples([&](const Example& example) {
      if (static_cast<int64_t>(example.instruction.size()) > 4 * options.row_tokens)
        report.too_long.push_back(example.id);
      else if (auto item = practice::understand(example.instruction))
        ++seen_[practice::kind_name(item->skill, item->level)];
    });
    return report;
  }
  double mean_loss(std::span<const Example> examples, int64_t) override {
    double unknown = 0;
    for (const Example& example : examples) {
      const auto item = practice::understand(example.instruction);
      if (!item || seen(*item) < kEnough) ++unknown;
    }
    return examples.empty() ? 0 : unknown / static_cast<double>(examples.size());
  }
  int64_t count_tokens(std::string_view instruction, std::string_view response) override {
    return static_cast<int64_t>(instruction.size() + response.size());
  }
  int64_t weight_count() const override { return static_cast<int64_t>(seen_.size()); }
  int64_t context() const override { return 512; }
  std::string precision() const override { return "fp32"; }
  Result<void> save(const Path& folder, const std::string&) override {
    Json json = Json::object();
    for (const auto& [kind, count] : seen_) json.set(kind, count);
    return write_file_atomic(folder / "model.json", json.dump());
  }

 private:
  static constexpr int64_t kEnough = 5;
  int64_t seen(const practice::Item& item) const {
    auto found = seen_.find(practice::kind_name(item.skill, item.level));
    return found == seen_.end() ? 0 : found->second;
  }
  std::map<std::string, int64_t> seen_;
  StudentSampling sampling_;
};

// What it makes of an answer: little loss where it knows the kind.
class FakeScorer : public ResponseScorer {
 public:
  static std::unique_ptr<ResponseScorer> open_fake(const Path& folder, const StudentOptions& options) {
    auto scorer = std::make_unique<FakeScorer>();
    scorer->student_ = FakeStudent::open_fake(folder, options, {});
    return scorer;
  }
  std::vector<ResponseFit> fit(std::span<const Example> examples) override {
    std::vector<ResponseFit> fits;
    for (const Example& example : examples) {
      const double loss = student_->mean_loss(std::span(&example, 1), 0) > 0 ? 2.0 : 0.1;
      fits.push_back({.loss = loss, .tokens = 4, .after_prompt = loss, .alone = 2.0});
    }
    return fits;
  }
  int64_t count_tokens(std::string_view instruction, std::string_view response) override {
    return student_->count_tokens(instruction, response);
  }
  int64_t context() const override { return student_->context(); }
  int64_t weight_count() const override { return student_->weight_count(); }

 private:
  std::unique_ptr<Student> student_;
};

}  // namespace retort
