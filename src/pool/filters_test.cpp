#include "pool/filters.h"

#include "base/test.h"

namespace retort {
namespace {

std::string refused(std::string_view text, Finish finish = Finish::Stop, const FilterOptions& options = {}) {
  return std::string(refuse_draft(text, finish, options).value_or(""));
}

TEST_CASE("a plain draft passes") { CHECK(refused("Name the four seasons.") == ""); }

TEST_CASE("each of Lion's filters refuses with its reason") {
  CHECK(refused("Follow this InSTRUCTIONs and go") == "holds the word instruction");
  CHECK(refused("Name the four seasons and", Finish::Length) == "cut at the token limit");
  CHECK(refused("Name three seasons") == "too few words");
  CHECK(refused("") == "too few words");
  CHECK(refused("- name the four seasons") == "starts with punctuation");
  CHECK(refused("\u00BFCu\u00E1les son las estaciones?") == "starts with a non-ASCII character");
  CHECK(refused("Name the four seasons", Finish::Filter) == "removed by the content filter");
}

TEST_CASE("the first filter in Lion's order gives the reason") {
  CHECK(refused("? instruction", Finish::Length) == "holds the word instruction");
  CHECK(refused("? x", Finish::Length) == "cut at the token limit");
  CHECK(refused("? x") == "too few words");
}

TEST_CASE("all ASCII punctuation counts as punctuation, digits and letters do not") {
  for (char c = 33; c < 127; ++c) {
    bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    CHECK((refused(c + std::string(" b c d")) == "") == word);
  }
}

TEST_CASE("each filter can be turned off") {
  FilterOptions off{.refuse_word_instruction = false,
                    .words_min = 1,
                    .refuse_punctuation_start = false,
                    .refuse_non_ascii_start = false};
  CHECK(refused("Instruction", Finish::Stop, off) == "");
  CHECK(refused("(a)", Finish::Stop, off) == "");
  CHECK(refused("\u4F60\u597D\u5417", Finish::Stop, off) == "");
  off.words_min = 0;
  CHECK(refused("", Finish::Stop, off) == "too few words");  // an empty text is never an instruction
}

}  // namespace
TEST_CASE("Self-Instruct's filters: whole words that need more than text, programs, and too many words") {
  FilterOptions options{.refuse_word_instruction = false, .words_max = 6, .refuse_program_start = true};
  options.refuse_words = unanswerable_words();
  auto refusal = [&](std::string_view text) {
    return std::string(refuse_draft(text, Finish::Stop, options).value_or(""));
  };
  CHECK(refusal("Describe this Picture to me") == "needs more than text");
  CHECK(refusal("Please go  to the market") == "needs more than text");
  CHECK(refusal("Explain the word mapping to me").empty());
  CHECK(refusal("Write a program that sorts") == "asks for a program");
  CHECK(refusal("one two three four five six seven") == "too many words");
  CHECK(refusal("Follow this instruction to sort").empty());
}

}  // namespace retort
