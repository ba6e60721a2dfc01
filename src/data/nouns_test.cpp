#include "base/test.h"
#include "data/answer.h"
#include "data/instruction.h"
#include "data/verdict.h"

namespace retort {

TEST_CASE("every origin and finish reads back from its name, and an unknown finish is other") {
  for (Origin origin : {Origin::Seed, Origin::Hard, Origin::Easy, Origin::Same})
    CHECK(parse_origin(origin_name(origin)) == origin);
  for (Finish finish : {Finish::Stop, Finish::Length, Finish::Filter, Finish::Other})
    CHECK(parse_finish(finish_name(finish)) == finish);
  CHECK(parse_finish("tool_calls") == Finish::Other);
}

TEST_CASE("the gap is the mean over the orders that gave scores") {
  Verdict first{.instruction_id = 5, .order = Order::TeacherFirst, .teacher_score = 9, .student_score = 4};
  Verdict second{.instruction_id = 5, .order = Order::StudentFirst, .teacher_score = 7, .student_score = 6};
  Judgement both = combine(5, first, second);
  CHECK(both.orders == 2);
  CHECK(*both.gap() == doctest::Approx(3));
  Judgement one = combine(5, std::nullopt, second);
  CHECK(one.orders == 1);
  CHECK(*one.gap() == doctest::Approx(1));
}

TEST_CASE("a pair without any score is unjudged, not zero") {
  Verdict silent{.instruction_id = 5, .reason = "no score lines"};
  Judgement judgement = combine(5, silent, std::nullopt);
  CHECK(judgement.orders == 0);
  CHECK_FALSE(judgement.gap());
  CHECK_FALSE(judgement.teacher_score);
}

TEST_CASE("reasoning before a text is parted from it, and put together is as it was") {
  const ThoughtText parts = split_thought("<think>\nTwo and two.\n</think>\n\nFour");
  CHECK(parts.reasoning == "Two and two.");
  CHECK(parts.text == "Four");
  CHECK(with_thought(parts.reasoning, parts.text) == "<think>\nTwo and two.\n</think>\n\nFour");
  CHECK(with_thought("", "Four") == "Four");
}

TEST_CASE("a text without reasoning stays as it is, and one cut while thinking has no text") {
  CHECK(split_thought("  see <think> in HTML\n").text == "  see <think> in HTML\n");
  CHECK(split_thought("<think>two and").text.empty());
  CHECK(split_thought("<think>two and").reasoning == "two and");
  CHECK(split_thought("<think></think>x").text == "x");
}

}  // namespace retort
