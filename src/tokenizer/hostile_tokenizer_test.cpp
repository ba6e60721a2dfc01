// Files that mean harm, or were harmed: every reader ends in an error or in a tokenizer that works.
#include <cstdlib>

#include "base/random.h"
#include "base/test.h"
#include "tokenizer/stream_decoder.h"
#include "tokenizer/tokenizers_for_test.h"

namespace retort {
namespace {

const bool kLong = std::getenv("RETORT_LONG") != nullptr;

// Parses, and uses what parsed: true when it was a tokenizer still.
bool survive(const std::string& json) {
  auto tokenizer = Tokenizer::parse(json);
  if (!tokenizer) {
    REQUIRE(tokenizer.error().message.find("tokenizer.json") == 0);
    return false;
  }
  EncodeOptions all{EncodeOptions::SpecialText::Special, EncodeOptions::Frame::Framed};
  for (std::string_view text : {"low lower <a> 12 é</s>", "hello  hello\n日本 \xFF"}) {
    std::vector<int32_t> ids = (*tokenizer)->encode(text, all);
    for (int32_t id : ids) REQUIRE((id >= 0 && id < (*tokenizer)->size()));
    (void)(*tokenizer)->decode(ids, SpecialTokens::Show);
    StreamDecoder stream(**tokenizer);
    for (int32_t id : ids) (void)stream.add(id);
    (void)stream.finish();
  }
  return true;
}

std::vector<std::string> samples() {
  return {byte_level_json({"lo", "low"}, {"l o", "lo w"}), sentencepiece_json()};
}

TEST_CASE("every truncation of a tokenizer.json is an error") {
  for (const std::string& json : samples())
    for (size_t size = 0; size < json.size(); size += kLong ? 1 : 3)
      CHECK_FALSE(survive(json.substr(0, size)));
}

TEST_CASE("flipped bits of a tokenizer.json are survived") {
  Random random(9, "flips");
  int parsed = 0, flips = kLong ? 20'000 : 3'000;
  for (int i = 0; i < flips; ++i) {
    std::string json = samples()[static_cast<size_t>(i % 2)];
    for (uint64_t n = 1 + random.below(3); n > 0; --n)
      json[random.below(json.size())] ^= static_cast<char>(1 << random.below(8));
    parsed += survive(json);
  }
  CHECK(parsed > 0);
  CHECK(parsed < flips);
}

// A sample with one member of the root or of the model replaced.
std::string with(const char* member, Json value, const char* model_member = nullptr) {
  Json root = parse_json(sentencepiece_json()).value();
  if (model_member == nullptr) return root.set(member, std::move(value)).dump();
  Json model = root.at_path("model");
  return root.set("model", model.set(model_member, std::move(value))).dump();
}

std::string message_of(const std::string& json) {
  auto tokenizer = Tokenizer::parse(json);
  return tokenizer ? "" : tokenizer.error().message;
}

TEST_CASE("an error names the field") {
  CHECK(message_of(with("model", 3)).find("model") != std::string::npos);
  CHECK(message_of(with("", Json::array(), "vocab")).find("model.vocab") != std::string::npos);
  CHECK(message_of(with("", "x", "merges")).find("model.merges") != std::string::npos);
  CHECK(message_of(with("", "nobody", "unk_token")).find("nobody") != std::string::npos);
  CHECK(message_of(with("normalizer", Json::object().set("type", "Precompiled"))).find("Precompiled") !=
        std::string::npos);
  CHECK(message_of(with("decoder", Json::object().set("type", "CTC"))).find("CTC") != std::string::npos);
}

TEST_CASE("merges of what is not there, or twice, or in a circle are errors") {
  auto merges = [](std::initializer_list<const char*> list) {
    Json json = Json::array();
    for (const char* merge : list) json.push(merge);
    return with("", json, "merges");
  };
  CHECK(message_of(merges({"h e", "h e"})).find("twice") != std::string::npos);
  CHECK(message_of(merges({"x y"})).find("vocabulary") != std::string::npos);
  CHECK(message_of(merges({"he"})).find("pair") != std::string::npos);
  CHECK(message_of(merges({" e"})).find("pair") != std::string::npos);
  // A merge is always longer than its parts, so the way around a circle would need a token that is not there.
  CHECK(message_of(merges({"h e", "he h"})).find("vocabulary") != std::string::npos);
}

TEST_CASE("ids beyond the vocabulary are errors wherever they stand") {
  Json added = Json::array().push(Json::object().set("id", 2'000'000'000).set("content", "x"));
  CHECK(message_of(with("added_tokens", added)).find("2000000000") != std::string::npos);
  Json post =
      parse_json(R"({"type": "RobertaProcessing", "cls": ["<s>", 99999], "sep": ["</s>", 2]})").value();
  CHECK(message_of(with("post_processor", post)).find("99999") != std::string::npos);
}

TEST_CASE("what is deep, long or many is refused before it costs") {
  std::string deep(100'000, '[');
  CHECK(message_of(deep).find("deeper") != std::string::npos);
  Json added = Json::array().push(Json::object().set("id", 300).set("content", std::string(5'000, 'a')));
  CHECK(message_of(with("added_tokens", added)).find("5000 bytes") != std::string::npos);
  Json steps = Json::array();
  for (int i = 0; i < 100; ++i) steps.push(Json::object().set("type", "NFC"));
  Json normalizer = Json::object().set("type", "Sequence").set("normalizers", steps);
  CHECK(message_of(with("normalizer", normalizer)).find("steps") != std::string::npos);
  Json grows = Json::object().set("type", "Replace").set("content", std::string(5'000, 'a'));
  grows.set("pattern", Json::object().set("String", "a"));
  CHECK(message_of(with("normalizer", grows)).find("Replace") != std::string::npos);
}

TEST_CASE("a special token that merges would spell is not spelled") {
  Json root = parse_json(sentencepiece_json()).value();
  Json added = root.at_path("added_tokens");
  added.push(
      Json::object().set("id", 267).set("content", "hello").set("special", true).set("normalized", false));
  auto tokenizer = Tokenizer::parse(root.set("added_tokens", added).dump()).value();
  for (int32_t id : tokenizer->encode("hello hello")) CHECK(id != 267);
}

}  // namespace
}  // namespace retort
