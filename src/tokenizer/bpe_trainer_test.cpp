#include "tokenizer/bpe_trainer.h"

#include "base/test.h"
#include "tokenizer/tokenizer.h"

namespace retort {
namespace {

Json trained(std::vector<std::string> texts, const BpeTraining& options) {
  return parse_json(train_byte_level_json(texts, options).value()).value();
}

TEST_CASE("the most frequent pair merges first, of equals the one with lesser ids") {
  Json json = trained({"ab ab ab cd cd", "ab", "xy xy"}, {.vocabulary = 260});
  const Json::Array& merges = json.at_path("model/merges").items();
  REQUIRE(merges.size() == 4);
  CHECK(merges[0].dump() == R"(["a","b"])");
  CHECK(merges[1].dump() ==
        R"(["c","d"])");  // " ab" and "cd" stand twice each, and c is before the space's Ġ
  CHECK(json.at_path("model/vocab").size() == 260);
}

TEST_CASE("what was trained loads, encodes with its merges and gives text back") {
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i)
    texts.push_back("the cat sat on the mat, the naïve 日本 cat " + std::to_string(i));
  BpeTraining options{.vocabulary = 280, .special_tokens = {"<|end|>"}};
  std::string json = train_byte_level_json(texts, options).value();
  auto tokenizer = Tokenizer::parse(json).value();
  CHECK(tokenizer->size() == 280);
  CHECK(tokenizer->special("<|end|>") == 0);
  CHECK(tokenizer->encode(" the").size() == 1);
  for (const std::string& text : texts) CHECK(tokenizer->decode(tokenizer->encode(text)) == text);
  CHECK(train_byte_level_json(texts, options).value() == json);
}

TEST_CASE("text that runs out ends with fewer tokens, runs of one letter count rightly") {
  Json json = trained({"aaaa aaaa"}, {.vocabulary = 1'000, .count_min = 1});
  CHECK(json.at_path("model/vocab").size() < 262);
  CHECK(json.at_path("model/merges").items()[0].dump() == R"(["a","a"])");
}

TEST_CASE("a vocabulary without room for the bytes is refused") {
  CHECK(train_byte_level_json({}, {.vocabulary = 100}).error().code == ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace retort
