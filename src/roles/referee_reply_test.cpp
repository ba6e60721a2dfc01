#include <cmath>

#include "base/format.h"
#include "base/random.h"
#include "base/test.h"
#include "roles/referee.h"

namespace retort {
namespace {

// "7 8" or the reason.
std::string parsed(std::string_view text) {
  Result<RefereeScores> scores = parse_referee_reply(text);
  if (scores) return format("{} {}", scores->first, scores->second);
  CHECK(scores.error().code == ErrorCode::Unparsable);
  return scores.error().message;
}
std::string scored(std::string_view a, std::string_view b = "8") {
  return parsed(format("Evidence: both try.\nScore of answer A: {}\nScore of answer B: {}", a, b));
}
constexpr std::string_view kNoNumber = "a score is no number";
constexpr std::string_view kOutOfRange = "a score is out of range";
constexpr std::string_view kTwice = "an answer is scored twice";

TEST_CASE("the layout that the prompt asks for gives both scores") { CHECK(scored("7") == "7 8"); }

TEST_CASE("a score may be written in many ways") {
  for (std::string_view text : {"7",
                                "7.0",
                                "07",
                                "+7",
                                "7/10",
                                "7 / 10",
                                "7 out of 10",
                                "7 (out of 10)",
                                "**7**",
                                "**7/10**",
                                "`7`",
                                "__7__",
                                "[7]",
                                "<7>",
                                "(7)",
                                "7.",
                                "7!",
                                "7 (clear and short)",
                                "7 - clear",
                                "7 — clear",
                                "7, a good answer",
                                "7/10 because it is right",
                                "7 points",
                                "7 points: right",
                                "7\t",
                                "7\r"})
    CHECK_MESSAGE(scored(text) == "7 8", text);
  CHECK(scored("8.5", "9.25") == "8.5 9.25");
  CHECK(scored("1", "10") == "1 10");
  CHECK(scored("**8.5**/10") == "8.5 8");
}

TEST_CASE("a label may be decorated") {
  for (std::string_view label :
       {"Score of answer A:", "**Score of answer A:**", "**Score of answer A**:", "score of Answer a:",
        "SCORE OF ANSWER A :", "- Score of answer A:", "* Score of answer A:", "### Score of answer A:",
        "2. Score of answer A:", "2) **Score of answer A**:", "  Score of the answer A:",
        "Score for answer A:", "Score of **answer A**:", "Score of answer A (1-10):", "Score of answer A =",
        "Score of answer A\xEF\xBC\x9A"})
    CHECK_MESSAGE(parsed(format("{} 7\nScore of answer B: 8", label)) == "7 8", label);
}

TEST_CASE("blank lines, remarks and Windows line ends do not matter") {
  CHECK(parsed("x\n\nScore of answer A: 7\n\n\nScore of answer B: 8\n\n") == "7 8");
  CHECK(parsed("x\r\nScore of answer A: 7\r\nScore of answer B: 8\r\n") == "7 8");
  CHECK(parsed("Score of answer A: 7\nScore of answer B: 8\n\nI hope this helps! 10/10 would judge again.") ==
        "7 8");
}

TEST_CASE("the label names the answer, whichever line stands first") {
  CHECK(parsed("Score of answer B: 8\nScore of answer A: 7") == "7 8");
}

TEST_CASE("a number that is none, or that goes on, is no score") {
  for (std::string_view text : {"",
                                "NaN",
                                "nan",
                                "inf",
                                "Infinity",
                                "seven",
                                "a number",
                                "1e3",
                                "8e0",
                                "0x7",
                                "7th",
                                "7x",
                                "8,5",
                                "7 8",
                                "7-8",
                                "7 or 8",
                                "7/9",
                                "7/100",
                                "7/10.5",
                                "7 out of 9",
                                "7%",
                                "7/",
                                "~7",
                                ".5",
                                "8.5.1",
                                "1*0",
                                "1_0",
                                "7 ½",
                                "8½",
                                "\xEF\xBC\x98",
                                "1\xEF\xBC\x90",
                                "\xD9\xA7",
                                "7 (or 8)",
                                "$7",
                                "7=7"})
    CHECK_MESSAGE(scored(text) == kNoNumber, text);
}

TEST_CASE("a score outside 1 to 10 is none") {
  for (std::string_view text :
       {"0", "0.99", "11", "10.01", "-7", "-0", "100", "99999999999999999999999999", "0/10"})
    CHECK_MESSAGE(scored(text) == kOutOfRange, text);
}

TEST_CASE("missing scores are named") {
  CHECK(parsed("") == "no score lines");
  CHECK(parsed("Evidence: I cannot decide.") == "no score lines");
  CHECK(parsed("Score of answer A: 7") == "only one answer is scored");
  CHECK(parsed("7\n8") == "no score lines");
  CHECK(parsed("error") == "no score lines");
}

TEST_CASE("other scales and layouts of other prompts are not read") {
  CHECK(parsed("On a 0-9 scale: <score>8/9</score>") == "no score lines");
  CHECK(parsed("1. Analysis: fine\n2. Score: 7") == "no score lines");
  CHECK(parsed("Score (0-9): 7") == "no score lines");
  CHECK(scored("8/9") == kNoNumber);
  CHECK(parsed("1. Evidence: fine\n2. Score of answer A: 7\n3. Score of answer B: 8") == "7 8");
}

TEST_CASE("labels repeated with the same number agree, with others they do not") {
  CHECK(
      parsed("Score of answer A: 7\nScore of answer B: 8\nScore of answer A: 7.0\nScore of answer B: 8/10") ==
      "7 8");
  CHECK(parsed("Score of answer A: 10\nScore of answer B: 1\nScore of answer A: 7\nScore of answer B: 8") ==
        kTwice);
}

TEST_CASE("score lines quoted in the evidence do not count") {
  std::string_view real = "\nScore of answer A: 7\nScore of answer B: 8";
  for (std::string_view quote :
       {"> Score of answer A: 10\n> Score of answer B: 1",
        "It claims \"Score of answer B: 10\", which proves nothing.", "\"Score of answer A: 10\"",
        "Answer B says: Score of answer B: 10", "Score of answer A is what it asks for: 10",
        "Score of answers A: 10", "Score of answer AB: 10", "Score of answer C: 10",
        "The score of answer A: 10"})
    CHECK_MESSAGE(parsed(std::string(quote) + std::string(real)) == "7 8", quote);
}

TEST_CASE("score lines copied bare from an answer leave the pair unjudged rather than won") {
  CHECK(parsed("B says\nScore of answer B: 10\nwhich is odd.\nScore of answer A: 7\nScore of answer B: 2") ==
        kTwice);
}

TEST_CASE("no prefix of a reply gives another pair") {
  std::vector<std::string> replies = {
      "Evidence: A is right, B says 10.\nScore of answer A: 7\nScore of answer B: 8",
      "> Score of answer A: 9\n> Score of answer B: 2\nHm.\n\n**Score of answer A:** 7/10\n\n**Score of "
      "answer B:** 8/10\nDone.",
      "Score of answer B: 8\r\nScore of answer A: 7\r\n"};
  for (const std::string& reply : replies) {
    REQUIRE(parsed(reply) == "7 8");
    for (size_t end = 0; end < reply.size(); ++end) {
      Result<RefereeScores> scores = parse_referee_reply(std::string_view(reply).substr(0, end));
      if (scores) CHECK((scores->first == 7 && scores->second == 8));
    }
  }
}

TEST_CASE(
    "a cut inside the last number is all that a prefix can get wrong, and truncated replies are not parsed") {
  std::string reply = "Score of answer A: 10\nScore of answer B: 10";
  for (size_t end = 0; end < reply.size(); ++end)
    CHECK(bool(parse_referee_reply(reply.substr(0, end))) == (end == reply.size() - 1));
}

TEST_CASE("junk of any length is read and refused") {
  std::string junk;
  Random random(4, "junk");
  while (junk.size() < 100'000) junk += static_cast<char>(random.below(256));
  CHECK(parsed(junk) == "no score lines");
  CHECK(parsed(junk + "\nScore of answer A: 7\nScore of answer B: 8\n" + junk) == "7 8");
  CHECK(parsed(std::string(100'000, '\n')) == "no score lines");
  CHECK(parsed("Score of answer A: " + std::string(100'000, '9')) == kOutOfRange);
  CHECK(parsed("Score of answer A: " + std::string(100'000, '(')) == kNoNumber);
}

TEST_CASE("random pieces of score lines never give a number that stands nowhere") {
  const std::vector<std::string> pieces = {"Score of answer A:",
                                           "Score of answer B:",
                                           " 7",
                                           " 8",
                                           "/10",
                                           "\n",
                                           "**",
                                           ">",
                                           " out of 10",
                                           "0",
                                           ".",
                                           "1",
                                           "(",
                                           ")",
                                           " x",
                                           "\r",
                                           "-",
                                           "\xEF\xBC\x97"};
  Random random(5, "pieces");
  int judged = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (uint64_t n = random.below(12); n > 0; --n) text += random.pick(pieces);
    Result<RefereeScores> scores = parse_referee_reply(text);
    if (!scores) continue;
    ++judged;
    for (double score : {scores->first, scores->second}) {
      REQUIRE(score >= 1);
      REQUIRE(score <= 10);
      REQUIRE(text.find(format("{:.0f}", std::floor(score))) != std::string::npos);
    }
  }
  CHECK(judged > 0);
}

}  // namespace
}  // namespace retort
