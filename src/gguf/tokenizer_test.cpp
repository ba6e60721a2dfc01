#include "gguf/tokenizer.h"

#include <cmath>

#include "base/test.h"
#include "gguf/header.h"

namespace retort {
namespace {

GgufMetadata byte_level() {
  GgufMetadata m;
  m.add_text("tokenizer.ggml.model", "gpt2");
  m.add_text("tokenizer.ggml.pre", "smollm");
  m.add_texts("tokenizer.ggml.tokens", {"<|end|>", "a", "b", "ab", "<think>", "\xC4\xA0",
                                        "\xC4\xA0"
                                        "ab"});
  m.add_integers("tokenizer.ggml.token_type", {3, 1, 1, 1, 4, 1, 1});
  m.add_texts("tokenizer.ggml.merges", {"a b", "\xC4\xA0 ab"});
  m.add_integer("tokenizer.ggml.bos_token_id", 0);
  m.add_integer("tokenizer.ggml.eos_token_id", 0);
  m.add_bool("tokenizer.ggml.add_bos_token", false);
  m.add_text("tokenizer.chat_template", "{{ 'x' }}");
  return m;
}

Json json_of(const GgufMetadata& metadata) {
  return parse_json(tokenizer_of_gguf(metadata).value().tokenizer_json).value();
}

// With one entry replaced.
GgufMetadata changed(const GgufMetadata& from, std::string_view key, GgufValue value) {
  GgufMetadata m;
  for (const auto& [name, old] : from.entries()) m.add(name, name == key ? value : old);
  return m;
}

TEST_CASE("byte-level BPE becomes a tokenizer.json with merges and added tokens") {
  Json json = json_of(byte_level());
  CHECK(json.at_path("model/type") == Json("BPE"));
  CHECK(json.at_path("model/vocab/ab") == Json(3));
  CHECK(json.at_path("model/merges").dump() == "[[\"a\",\"b\"],[\"\xC4\xA0\",\"ab\"]]");
  CHECK(json.at_path("pre_tokenizer/pretokenizers").size() == 2);
  CHECK(json.at_path("added_tokens").items()[0].at_path("special") == Json(true));
  CHECK(json.at_path("added_tokens").items()[1].at_path("content") == Json("<think>"));
  CHECK(json.at_path("added_tokens").items()[1].at_path("special") == Json(false));
  Json config = tokenizer_of_gguf(byte_level()).value().tokenizer_config;
  CHECK(config.at_path("eos_token") == Json("<|end|>"));
  CHECK(config.at_path("chat_template") == Json("{{ 'x' }}"));
}

TEST_CASE("what was read is written again as it was") {
  GgufMetadata before = byte_level(), after;
  GgufTokenizer tokenizer = tokenizer_of_gguf(before).value();
  or_throw(
      add_tokenizer_to_gguf(tokenizer.tokenizer_json, tokenizer.tokenizer_config, Json::object(), 7, after));
  REQUIRE(after.entries().size() == before.entries().size());
  for (const auto& [key, value] : before.entries()) {
    INFO(key);
    REQUIRE(after.find(key) != nullptr);
    CHECK((*after.find(key) == value));
  }
}

TEST_CASE("rows of the embedding without a token get a name and the kind unused") {
  GgufTokenizer tokenizer = tokenizer_of_gguf(byte_level()).value();
  GgufMetadata after;
  or_throw(
      add_tokenizer_to_gguf(tokenizer.tokenizer_json, tokenizer.tokenizer_config, Json::object(), 9, after));
  CHECK(after.texts("tokenizer.ggml.tokens").value()->back() == "[PAD8]");
  CHECK(after.integers("tokenizer.ggml.token_type").value()->back() == 5);
  CHECK(add_tokenizer_to_gguf(tokenizer.tokenizer_json, {}, {}, 6, after).error().code ==
        ErrorCode::Mismatch);
}

TEST_CASE("SentencePiece's scores become merges, best first, and scores again") {
  const std::string space = "\xE2\x96\x81";
  GgufMetadata m;
  m.add_text("tokenizer.ggml.model", "llama");
  m.add_texts("tokenizer.ggml.tokens",
              {"<unk>", "<s>", "<0x41>", space, "a", "b", "ab", space + "ab", space + "a"});
  m.add_numbers("tokenizer.ggml.scores", {0, 0, 0, -4, -5, -6, -2, -1, -3});
  m.add_integers("tokenizer.ggml.token_type", {2, 3, 6, 1, 1, 1, 1, 1, 1});
  m.add_integer("tokenizer.ggml.bos_token_id", 1);
  Json json = json_of(m);
  const Json& merges = json.at_path("model/merges");
  REQUIRE(merges.size() == 4);
  CHECK(merges.items()[0] == Json::array().push(space + "a").push("b"));
  CHECK(merges.items()[1] == Json::array().push(space).push("ab"));
  CHECK(merges.items()[2] == Json::array().push("a").push("b"));
  CHECK(json.at_path("model/byte_fallback") == Json(true));
  CHECK(json.at_path("model/unk_token") == Json("<unk>"));
  CHECK(json.at_path("normalizer/normalizers").size() == 2);
  CHECK(json.at_path("post_processor/type") == Json("TemplateProcessing"));  // llama.cpp adds <s> unless told
  GgufMetadata after;
  or_throw(add_tokenizer_to_gguf(json.dump(), tokenizer_of_gguf(m).value().tokenizer_config, {}, 9, after));
  const GgufValue::Numbers& scores = *after.numbers("tokenizer.ggml.scores").value();
  CHECK((scores[7] > scores[6] && scores[6] > scores[8] && scores[8] > scores[4]));
  CHECK(*after.integers("tokenizer.ggml.token_type").value() ==
        GgufValue::Integers{2, 3, 6, 1, 1, 1, 1, 1, 1});
  CHECK(after.bool_or("tokenizer.ggml.add_space_prefix", false).value());
}

TEST_CASE("scores that are no numbers are malformed") {
  GgufMetadata m;
  m.add_text("tokenizer.ggml.model", "llama");
  m.add_texts("tokenizer.ggml.tokens", {"a", "b"});
  m.add_numbers("tokenizer.ggml.scores", {0, std::nan("")});
  CHECK(tokenizer_of_gguf(m).error().message.find("tokenizer.ggml.scores") != std::string::npos);
}

TEST_CASE("a tokenizer that cannot be is named by its key") {
  auto message = [](std::string_view key, GgufValue value) {
    auto result = tokenizer_of_gguf(changed(byte_level(), key, std::move(value)));
    REQUIRE_FALSE(result.has_value());
    INFO(result.error().message);
    CHECK(result.error().message.find(key) != std::string::npos);
    return result.error().code;
  };
  using Type = GgufValueType;
  auto texts = [](GgufValue::Texts t) { return GgufValue{Type::Array, Type::String, std::move(t)}; };
  CHECK(message("tokenizer.ggml.model", {Type::String, {}, "bert"}) == ErrorCode::InvalidArgument);
  CHECK(message("tokenizer.ggml.pre", {Type::String, {}, "klingon"}) == ErrorCode::InvalidArgument);
  CHECK(message("tokenizer.ggml.tokens", {Type::Uint32, {}, int64_t{3}}) == ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.tokens", texts({"a", "a", "b", "ab", "c", "d", "e"})) ==
        ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.tokens", texts({"\xff", "a", "b", "ab", "c", "d", "e"})) ==
        ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.token_type", {Type::Array, Type::Int32, GgufValue::Integers{1}}) ==
        ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.merges", texts({"a"})) == ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.merges", texts({"a nothing"})) == ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.merges", texts({"a b", "a b"})) == ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.eos_token_id", {Type::Uint32, {}, int64_t{7}}) == ErrorCode::Malformed);
  CHECK(message("tokenizer.ggml.add_bos_token", {Type::Uint32, {}, int64_t{1}}) == ErrorCode::Malformed);
}

TEST_CASE("a tokenizer that llama.cpp has no name for is not written") {
  GgufMetadata out;
  Json json = json_of(byte_level());
  Json strange = json;
  strange.set("pre_tokenizer", Json::object().set("type", "Whitespace"));
  CHECK(add_tokenizer_to_gguf(strange.dump(), {}, {}, 7, out).error().code == ErrorCode::InvalidArgument);
  Json model = json.at_path("model");
  strange = json;
  strange.set("model", model.set("ignore_merges", true));  // with GPT-2's cut and merges: nobody's
  CHECK(add_tokenizer_to_gguf(strange.dump(), {}, {}, 7, out).error().code == ErrorCode::InvalidArgument);
  strange.set("model", Json::object().set("type", "Unigram"));
  CHECK(add_tokenizer_to_gguf(strange.dump(), {}, {}, 7, out).error().code == ErrorCode::InvalidArgument);
  CHECK(add_tokenizer_to_gguf("{", {}, {}, 7, out).error().code == ErrorCode::Malformed);
}

TEST_CASE("whole words of a space and letters are told as Llama 3's cut, which gives the same tokens") {
  Json json = json_of(byte_level());
  Json model = json.at_path("model");
  Json words = json;
  words.set("pre_tokenizer", Json::object().set("type", "ByteLevel").set("add_prefix_space", false));
  Json vocabulary = Json::object()
                        .set("a", 0)
                        .set("\xC4\xA0", 1)
                        .set(
                            "\xC4\xA0"
                            "dog",
                            2);
  words.set("added_tokens", Json::array());
  words.set("model", model.set("ignore_merges", true).set("merges", Json::array()).set("vocab", vocabulary));
  GgufMetadata out;
  or_throw(add_tokenizer_to_gguf(words.dump(), {}, {}, 3, out));
  CHECK(out.text("tokenizer.ggml.pre").value() == "llama-bpe");
  CHECK(out.bool_or("tokenizer.ggml.add_bos_token", true).value() == false);
  words.set("model", model.set("vocab", vocabulary.set("12", 3)));  // digits: the cuts differ
  GgufMetadata other;
  CHECK(add_tokenizer_to_gguf(words.dump(), {}, {}, 4, other).error().code == ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace retort
