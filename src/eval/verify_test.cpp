#include "eval/verify.h"

#include <string>

#include "base/format.h"
#include "base/test.h"

namespace retort {
namespace {

std::string read(std::optional<ExactNumber> number) {
  return number ? format("{}/{}", number->numerator, number->denominator) : std::string("none");
}
std::string number(std::string_view text) { return read(parse_number(text)); }
std::string last(std::string_view answer) { return read(final_number(answer)); }

TEST_CASE("numbers are read exactly, however they are written") {
  CHECK(number("-5") == "-5/1");
  CHECK(number("3.14") == "157/50");
  CHECK(number("1/2") == "1/2");
  CHECK(number("\\frac{1}{2}") == "1/2");
  CHECK(number("-\\dfrac{10}{4}") == "-5/2");
  CHECK(number(" $1,234,567.50 ") == "2469135/2");
  CHECK(number("50%") == "1/2");
  CHECK(number("50\\%") == "1/2");
  CHECK(number("0.5") == number("\\frac{2}{4}"));
  CHECK(number("+7.") == "7/1");
  CHECK(number("$12$") == "12/1");
  CHECK(number("-0") == "0/1");
  CHECK(number(".5") == "1/2");
}

TEST_CASE("what is no single number is none") {
  for (const char* text : {"",
                           " ",
                           "-",
                           "--5",
                           "+-5",
                           "five",
                           "5 apples",
                           "1 2",
                           "1/0",
                           "\\frac{1}{0}",
                           "\\frac{1}",
                           "\\frac12",
                           "1/2/3",
                           "1.2.3",
                           "1,23",
                           "12,34,567",
                           ",123",
                           "1234,567",
                           "1e3",
                           "0x10",
                           "x=5",
                           "%",
                           "9999999999999999999",
                           "\\frac{1}{2} m",
                           "{5}",
                           "..",
                           "1,234567"})
    CHECK_MESSAGE(number(text) == "none", text);
}

TEST_CASE("a text of any length and depth is read or refused") {
  CHECK(number(std::string(1'000'000, '%')) == "none");
  CHECK(number(std::string(1'000'000, '7')) == "none");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "\\frac{";
  CHECK(number(deep) == "none");
  CHECK(last("\\boxed" + std::string(1'000'000, '{')) == "none");
}

TEST_CASE("an answer ends in its last box, after its last \"answer is\", or in its last line") {
  CHECK(last("First 3, then 4.\nSo \\boxed{\\frac{1}{2}}.") == "1/2");
  CHECK(last("\\boxed{3} no, \\boxed{-5} it is, not 9") == "-5/1");
  CHECK(last("1. Add 2 and 2.\n2. The answer is 4.\n") == "4/1");
  CHECK(last("Answer: 3.14\nI am sure of it.") == "157/50");
  CHECK(last("The answer is 3.\nNo, the answer is 4") == "4/1");
  CHECK(last("Answer:\n4\n") == "4/1");
  CHECK(last("There are twelve.\n\n12\n") == "12/1");
  for (const char* answer :
       {"", "12 apples", "\\boxed{x}", "\\boxed{5", "The answer is 4 or 5", "Answer:\n4\n5"})
    CHECK_MESSAGE(last(answer) == "none", answer);
}

TEST_CASE("a choice is its letter, standing alone where the answer says its result") {
  const auto choice = [](std::string_view answer) { return final_choice(answer).value_or('-'); };
  for (const char* answer : {"B", "(B)", "B) apple", "[B]", "B.", "The answer is (B) apple.", "Answer: B",
                             "A is wrong.\n(B)", "\\boxed{B}", "Not (A).\nThe answer is B"})
    CHECK_MESSAGE(choice(answer) == 'B', answer);
  for (const char* answer : {"", "Bread", "b", "(B", "K", "A or B", "I think so", "A cat", "\\boxed{}"})
    CHECK_MESSAGE(choice(answer) == '-', answer);
}

}  // namespace
}  // namespace retort
