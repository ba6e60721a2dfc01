// Readers of answers and of judges' replies, on the traps that papers' own readers fall into.
#include <cmath>
#include <numeric>

#include "base/format.h"
#include "base/test.h"
#include "eval/choices.h"
#include "eval/constraints.h"
#include "eval/judge_reply.h"
#include "eval/relative_score.h"
#include "eval/verify.h"

namespace retort {
namespace {

const std::vector<std::string> kFive = {"red", "green", "blue", "a tin of white paint", "none of these"};

std::string shown(std::optional<char> letter) { return letter ? std::string(1, *letter) : "-"; }

TEST_CASE("the first-letter rule reads prose wrongly, as the papers' did: that is what it is for") {
  CHECK(shown(first_letter("Answer: B", 'F')) == "A");
  CHECK(shown(first_letter("Based on the text it is (C)", 'F')) == "B");
  CHECK(shown(first_letter("Correct is (D)", 'F')) == "C");
  CHECK(shown(first_letter("Determine it: E", 'F')) == "D");
  CHECK(shown(first_letter("(B) green", 'F')) == "B");
  CHECK(shown(first_letter("no idea", 'F')) == "-");
}

TEST_CASE("letters beyond F are out of reach of AGIEval's rule and within reach of an item's own range") {
  CHECK(shown(first_letter("(K)", 'F')) == "-");
  CHECK(shown(first_letter("(K)", 'K')) == "K");
  CHECK(shown(first_letter("(R)", 'R')) == "R");
  CHECK(shown(first_letter("(R)", 'K')) == "-");
}

TEST_CASE("the robust reader takes a mark after a conclusion, then one at the start, then an option's text") {
  struct Case {
    const char *answer, *wanted;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"Answer: B", "B"},
           {"Based on the passage, the answer is (C).", "C"},
           {"Based on the passage it is green, I think", "-"},
           {"Correct! The correct answer is D", "D"},
           {"Determine the rest first. Answer: **E**", "E"},
           {"B", "B"},
           {"(B)", "B"},
           {"B.", "B"},
           {"B) green", "B"},
           {"**B**", "B"},
           {"Option C: blue", "C"},
           {"The answer is (A) at first sight, but no: the answer is (C)", "C"},
           {"The answer is A because it is red", "A"},
           {"The answer is a tin of white paint.", "D"},
           {"The answer is A tin of white paint", "D"},
           {"green", "B"},
           {"Green.", "B"},
           {"\\boxed{E}", "E"},
           {"A red one is what I would take", "-"},
           {"I would say D is wrong", "-"},
           {"The answer is K", "-"},
           {"The answer is", "-"},
           {"", "-"},
       })
    CHECK_MESSAGE(shown(robust_letter(c.answer, kFive)) == c.wanted, c.answer);
}

TEST_CASE("a numbered option is read by its first digit, robustly by its mark") {
  const std::vector<std::string> four = {"one", "two", "three", "four"};
  CHECK(shown(first_digit("In 1912 it was 2", 4)) == "1");
  CHECK(shown(first_digit("7 or 8", 4)) == "-");
  CHECK(shown(robust_digit("In 1912 things were so. The answer is 2.", four)) == "2");
  CHECK(shown(robust_digit("(3)", four)) == "3");
  CHECK(shown(robust_digit("2.5 is near", four)) == "-");
  CHECK(shown(robust_digit("three", four)) == "2");
}

TEST_CASE("no byte string makes a reader fail") {
  uint64_t state = 7;
  for (int i = 0; i < 2'000; ++i) {
    std::string text;
    for (int k = 0; k < i % 40; ++k) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      text += "([{}])ABK*.:,019 \n\\answer is\xff"[(state >> 33) % 30];
    }
    (void)robust_letter(text, kFive);
    (void)free_form_flexible(text, "(B)", kFive, {});
    (void)parse_pair_scores(text);
    (void)parse_grade(text);
    (void)final_number(text);
  }
}

TEST_CASE("BBH's free form is strict on the whole output, and flexible in the task's own terms") {
  CHECK(free_form_strict("(B).", "(B)"));
  CHECK(free_form_strict("\"Yes\"\n", "yes"));
  CHECK(!free_form_strict("The answer is (B)", "(B)"));
  CHECK(free_form_flexible("It is (B), not (C)", "(B)", kFive, {}) == "(B)");
  CHECK(free_form_flexible("The blue one", "(C)", kFive, {}) == "(C)");
  CHECK(free_form_flexible("That is it: E", "(E)", kFive, {}) == "(E)");
  const std::string_view yes_no[] = {"yes", "no"}, valid[] = {"valid", "invalid"}, lies[] = {"Yes", "No"};
  CHECK(free_form_flexible("That is not plausible", "no", {}, yes_no) == "no");
  CHECK(free_form_flexible("It is plausible.", "yes", {}, yes_no) == "yes");
  CHECK(free_form_flexible("The argument is invalid", "invalid", {}, valid) == "invalid");
  CHECK(free_form_flexible("Bo does not tell the truth", "No", {}, lies) == "No");
  CHECK(free_form_flexible("I know nothing", "Yes", {}, lies) == std::nullopt);
  CHECK(free_form_flexible("There are -12 of 40", "-12", {}, {}) == "-12");
}

TEST_CASE("a fraction in a box is the number that an answer ends in") {
  CHECK(final_number("So it is \\boxed{\\frac{1}{2}}.") == ExactNumber{1, 2});
  CHECK(final_number("The answer is 8/10") == ExactNumber{4, 5});
}

TEST_CASE("two scores stand on the first line or in the last pair of parentheses, and nowhere else") {
  auto scores = [](const char* reply) {
    const auto read = parse_pair_scores(reply);
    return read ? format("{}/{}", read->first, read->second) : read.error().message;
  };
  CHECK(scores("9 8.5\nBoth are helpful.") == "9/8.5");
  CHECK(scores("\n 8, 7 \nbecause") == "8/7");
  CHECK(scores("First I solve it.\nf(2) = (5, 8)\nScores: (10, 4)") == "10/4");
  CHECK(scores("8/10 7/10\n") == "no two scores");
  CHECK(scores("Assistant 1: 10\nAssistant 2: 4") == "no two scores");
  CHECK(scores("8 7 6") == "no two scores");
  CHECK(scores("80 70") == "a score is out of range");
  CHECK(scores("") == "no two scores");
}

TEST_CASE("a grade stands in double brackets, else in single ones") {
  auto grade = [](const char* reply) {
    const auto read = parse_grade(reply);
    return read ? format("{}", *read) : read.error().message;
  };
  CHECK(grade("Good. Rating: [[7.5]]") == "7.5");
  CHECK(grade("Rating: [8]") == "8");
  CHECK(grade("In step [1] it errs. Rating: [[4]]") == "4");
  CHECK(grade("Rating: [[8/10]]") == "no grade");
  CHECK(grade("Rating: 8") == "no grade");
  CHECK(grade("[[11]]") == "a grade is out of range");
}

TEST_CASE("a verdict is looked for in the order A, B, C") {
  CHECK(*parse_better("My verdict: [[B]]") == Better::Second);
  CHECK(*parse_better("[[C]] or perhaps [[A]]") == Better::First);
  CHECK(*parse_better("[[C]]") == Better::Tie);
  CHECK(!parse_better("A is better"));
}

TEST_CASE("a preference is the share of m among m and M at the first token") {
  const double third = std::log(0.3), sixth = std::log(0.1);
  auto token = [](std::vector<std::pair<std::string, double>> top) {
    return std::vector<TokenLogprob>{{.token = "m", .logprob = 0, .top = std::move(top)}};
  };
  CHECK(*parse_preference(token({{"m", third}, {"M", sixth}, {"x", 0}})) == doctest::Approx(0.75));
  CHECK(*parse_preference(token({{"M", sixth}})) == 0);
  CHECK(!parse_preference(token({{"x", 0}})));
  CHECK(!parse_preference({}));
}

// The scores of FastChat's published review of gpt-3.5-turbo and vicuna-7b (reference first, questions 1 to
// 80): facts of the file fastchat/eval/table/review/vicuna-7b_20230322-fp16/review_gpt35_vicuna-7b.jsonl.
constexpr const char* kPublished =
    "9 8.5;9 9;8 7.5;9 9;9 9;9 8.5;9 9;8 9;8 9;8 9;9 8.5;9 9;9 8.5;8 9;9 8.5;9 8;9 9;8 9;9 8;9 9;9 7;9 8.5;9 "
    "8.5;"
    "9 8.5;8 7;8 7.5;9 7;8 9;9 8.5;8 7;9 8.5;9 8.5;8 9;9 8.5;9 9;9 8.5;8 9;9 9;9 9;8 8.5;7 4;9 3;8 6;8 6;8 "
    "6;9 7;"
    "8 7;8 6;9 3;8 6;9 7;8 7;9 8;8 9;8 7;9 8;8 9;8 7.5;8 7;9 8;8 6;7 4;7 6;8 7;9 9;8 5;8 4;10 4;10 1;10 1;9 "
    "9;9 9;"
    "9 6;9 9;9 8.5;9 9;9 9;9 8;9 10;9 8";

TEST_CASE("the published review of vicuna-7b, read by our reader, gives its published totals") {
  std::vector<ScoredPair> pairs;
  std::string_view rest = kPublished;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    const PairScores read = or_throw(parse_pair_scores(rest.substr(0, end)));
    pairs.push_back({read.first, read.second});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  REQUIRE(pairs.size() == 80);
  const RelativeScore score = relative_score(pairs);
  CHECK(score.reference_total == 688.0);
  CHECK(score.candidate_total == 604.0);
  CHECK(format("{:.1f}", score.relative->value) == "87.8");
  CHECK(score.losses == 52);
  CHECK(score.wins == 12);
  CHECK(score.ties == 16);
  // The half width by the delta method is 5.0.
  CHECK(std::fabs(score.relative->half() - 5.0) < 0.3);
  CHECK(std::fabs(score.relative->low - 82.8) < 0.5);
}

TEST_CASE("the published totals give the published relative scores") {
  struct Published {
    double reference, candidate;
    const char* relative;
  };
  for (const Published& p : std::initializer_list<Published>{{693.0, 638.0, "92.1"},
                                                             {684.0, 633.5, "92.6"},
                                                             {688.0, 604.0, "87.8"},
                                                             {583.0, 704.0, "120.8"},
                                                             {513.0, 694.0, "135.3"},
                                                             {664.0, 655.5, "98.7"}}) {
    const ScoredPair total[] = {{p.reference, p.candidate}};
    CHECK(format("{:.1f}", relative_score(total).relative->value) == p.relative);
  }
  CHECK(!relative_score({}).relative);
}

Json check_of(const char* text) { return or_throw(parse_json(text)); }

TEST_CASE("constraints are verified as IFEval names them") {
  struct Case {
    const char *check, *keeps, *breaks;
  };
  for (
      const Case& c : std::initializer_list<Case>{
          {R"({"id":"punctuation:no_comma"})", "a b c", "a, b"},
          {R"({"id":"length_constraints:number_words","num_words":3,"relation":"at least"})", "a b c", "a b"},
          {R"({"id":"length_constraints:number_words","num_words":3,"relation":"less than"})", "a b",
           "a b c"},
          {R"({"id":"length_constraints:number_sentences","num_sentences":2,"relation":"at least"})",
           "One is. Two is!", "Only 3.5 of one."},
          {R"({"id":"length_constraints:number_paragraphs","num_paragraphs":2})", "one\n***\ntwo",
           "one\n\ntwo"},
          {R"({"id":"length_constraints:nth_paragraph_first_word","num_paragraphs":2,"nth_paragraph":2,"first_word":"two"})",
           "one is\n\nTwo, is", "one is\n\nthree is"},
          {R"({"id":"keywords:existence","keywords":["Oak","elm"]})", "an oak and an Elm", "an oak"},
          {R"({"id":"keywords:forbidden_words","forbidden_words":["oak"]})", "oaken", "an Oak."},
          {R"({"id":"keywords:frequency","keyword":"oak","frequency":2,"relation":"at least"})", "Oak oak",
           "oak"},
          {R"({"id":"keywords:letter_frequency","letter":"z","let_frequency":2,"let_relation":"less than"})",
           "z", "zZ"},
          {R"({"id":"detectable_content:number_placeholders","num_placeholders":2})", "[name], [street]",
           "[name] []"},
          {R"({"id":"detectable_content:postscript","postscript_marker":"P.S."})", "text\nP.S. more", "text"},
          {R"({"id":"detectable_format:number_bullet_lists","num_bullets":2})", "* one\n- two",
           "* one\n**two**"},
          {R"({"id":"detectable_format:constrained_response"})", "My answer is maybe.", "maybe"},
          {R"({"id":"detectable_format:number_highlighted_sections","num_highlights":2})",
           "*one* and **two**", "*one*"},
          {R"({"id":"detectable_format:multiple_sections","section_spliter":"SECTION","num_sections":2})",
           "SECTION 1\na\nSECTION 2\nb", "SECTION 1 and section 2"},
          {R"({"id":"detectable_format:json_format"})", "```json\n{\"a\": 1}\n```", "{a: 1}"},
          {R"({"id":"detectable_format:title"})", "<<A title>>\ntext", "<< >>"},
          {R"({"id":"combination:two_responses"})", "one******two", "one******one"},
          {R"({"id":"combination:repeat_prompt","prompt_to_repeat":"Say it."})", "say it. it", "it"},
          {R"({"id":"startend:end_checker","end_phrase":"The end."})", "x the end.", "the end. x"},
          {R"({"id":"startend:quotation"})", "\"x\"", "\"x"},
          {R"({"id":"change_case:capital_word_frequency","capital_frequency":2,"capital_relation":"less than"})",
           "ONE two", "ONE TWO"},
          {R"({"id":"change_case:english_capital"})", "ALL OF IT 7", "All"},
          {R"({"id":"change_case:english_lowercase"})", "all of it", "All"},
      }) {
    CHECK_MESSAGE(keeps_constraint(check_of(c.check), c.keeps) == true, c.check);
    CHECK_MESSAGE(keeps_constraint(check_of(c.check), c.breaks) == false, c.check);
    CHECK_MESSAGE(keeps_constraint(check_of(c.check), " ") == false, c.check);
  }
  CHECK(keeps_constraint(check_of(R"({"id":"language:response_language","language":"hi"})"), "x") ==
        std::nullopt);
}

TEST_CASE("loose marks forgive a first line, a last line and asterisks") {
  const Json checks = check_of(R"([{"id":"startend:quotation"},{"id":"punctuation:no_comma"}])");
  const ConstraintMarks marks = mark_constraints(checks, "Sure, here it is:\n\"x\"");
  CHECK(marks.verifiable == 2);
  CHECK(marks.strict == 0);
  CHECK(marks.all_loose());
}

}  // namespace
}  // namespace retort
