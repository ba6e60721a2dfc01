// What answers come to, which formats they keep, and which of several samples is chosen.
#include "recipe/answer_check.h"

#include "base/test.h"

namespace retort {
namespace {

std::vector<Result<Answer>> samples_of(const std::vector<std::string>& texts) {
  std::vector<Result<Answer>> samples;
  for (const std::string& text : texts) samples.emplace_back(Answer{.text = text});
  return samples;
}
std::string fault_of(std::string_view instruction, std::string_view answer) {
  return form_fault(instruction, answer).value_or("");
}

}  // namespace

TEST_CASE("answers end alike as numbers, options or lines") {
  CHECK(outcome_of("Half of five.\nThe answer is 2.5") == outcome_of("\\boxed{\\frac{5}{2}}"));
  CHECK(outcome_of("So\n(B) the second") == outcome_of("The answer is B."));
  CHECK(outcome_of("Because.\n  Paris.") == outcome_of("paris"));
  CHECK(outcome_of("3") != outcome_of("-3"));
}

TEST_CASE("a gold answer is met by its number in any spelling, GSM8K's mark too") {
  CHECK(agrees_with_gold("It costs $1,200 in all. The answer is 1200", "He pays 3 * 400.\n#### 1,200"));
  CHECK_FALSE(agrees_with_gold("The answer is 1201", "#### 1,200"));
  CHECK(agrees_with_gold("red blue", "Red blue."));
}

TEST_CASE("each format that an instruction names is held against the answer") {
  CHECK(fault_of("Say it in at most 3 words.", "one two three four") == "more than 3 words");
  CHECK(fault_of("Say it in at most 4 words.", "one two three four").empty());
  CHECK(fault_of("Use fewer than 4 words", "one two three four") == "not fewer than 4 words");
  CHECK(fault_of("Write at least 5 words", "one two") == "fewer than 5 words");
  CHECK(fault_of("Write exactly 2 words", "one two three") == "not 2 words");
  CHECK(fault_of("Give 3 bullet points.", "- a\n- b") == "2 bullet points instead of 3");
  CHECK(fault_of("Give 2 bullet points.", "Here:\n- a\n* b").empty());
  CHECK(fault_of("Answer as JSON.", "{\"a\": 1").starts_with("is no JSON"));
  CHECK(fault_of("Answer as JSON.", "```json\n{\"a\": 1}\n```").empty());
  CHECK(fault_of("Shout, in all caps!", "Hello") == "small letters");
  CHECK(fault_of("What is a word?", "anything at all {").empty());
}

TEST_CASE("code has an end and brackets that match, strings and comments aside") {
  CHECK(fault_of("Write it", "```python\nprint((1)\n```") == "brackets that do not match");
  CHECK(fault_of("Write it", "```python\nprint(\")\")  # :-(\nx = 'it' + \"don't (\"\n```").empty());
  CHECK(fault_of("Write it", "```python\nprint(1)\n") == "code that does not end");
  CHECK(fault_of("Write it", "```\na smile :-(\n```").empty());
}

TEST_CASE("the shortest sample that agrees with gold is chosen, or the first") {
  const auto samples = samples_of({"The answer is 4", "Two and two are four.\n5", "By counting up:\n5", "5"});
  AnswersSection options{.samples = 4, .checks = {"gold"}};
  CHECK(choose_answer("2+3?", samples, "5", options, {}).index == 3);
  options.prefer = "first";
  CHECK(choose_answer("2+3?", samples, "5", options, {}).index == 1);
  CHECK(choose_answer("2+3?", samples, "6", options, {}).reason == "no sample agrees with the gold answer");
  CHECK(choose_answer("2+3?", samples, std::nullopt, options, {}).reason.empty());
}

TEST_CASE("a vote must be unanimous, or as near to that as is asked; what failed counts against it") {
  auto samples = samples_of({"5", "The answer is 5", "5.0", "4"});
  AnswersSection options{.samples = 4, .checks = {"vote"}};
  CHECK(choose_answer("2+3?", samples, std::nullopt, options, {}).reason == "the samples disagree");
  options.agree = 0.75;
  CHECK(choose_answer("2+3?", samples, std::nullopt, options, {}).index == 0);
  samples[1] = Error{ErrorCode::Timeout, "slow"};
  CHECK(choose_answer("2+3?", samples, std::nullopt, options, {}).reason == "the samples disagree");
}

TEST_CASE("cut samples pass nothing, and the reason says so") {
  std::vector<Result<Answer>> samples = {Answer{.text = "5", .finish = Finish::Length}};
  CHECK(choose_answer("?", samples, std::nullopt, {.samples = 1, .checks = {"vote"}}, {}).reason ==
        "every sample was cut or failed");
}

TEST_CASE("a program is run where that is asked, the last Python block of the answer") {
  const auto samples = samples_of({"```python\nraise SystemExit(1)\n```", "Plan.\n```python\nprint(1)\n```"});
  std::vector<std::string> ran;
  const ProgramRunner run = [&](const std::string& program) -> std::optional<std::string> {
    ran.push_back(program);
    if (program.starts_with("raise")) return "exit 1";
    return std::nullopt;
  };
  CHECK(choose_answer("Write it", samples, std::nullopt, {.samples = 2, .checks = {"run"}}, run).index == 1);
  CHECK(ran.size() == 2);
  const auto bad = samples_of({"```python\nraise SystemExit(1)\n```"});
  CHECK(choose_answer("Write it", bad, std::nullopt, {.checks = {"run"}}, run).reason ==
        "no sample's program runs: exit 1");
}

}  // namespace retort
