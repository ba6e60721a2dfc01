#include "tokenizer/tokenizer.h"

#include <chrono>

#include "base/test.h"
#include "base/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/pre_tokenizer.h"

namespace retort {
namespace {

// A vocabulary of the 256 bytes and these tokens, with these merges ("l o"), in the byte alphabet.
std::string merging_json(const std::vector<std::string>& tokens, const std::vector<std::string>& merges) {
  Json root = parse_json(make_word_tokenizer_json({}, std::vector<std::string>{"<|end|>"})).value();
  Json model = root.at_path("model"), vocabulary = model.at_path("vocab"), list = Json::array();
  int id = 300;
  for (const std::string& token : tokens) vocabulary.set(token, id++);
  for (const std::string& merge : merges) list.push(merge);
  model.set("vocab", vocabulary).set("merges", list).set("ignore_merges", false);
  return root.set("model", model).dump();
}

std::vector<std::string> pieces(std::string_view text, Digits digits = Digits::Grouped) {
  std::vector<std::string> out;
  PreTokenizer{digits}.split(text, [&](std::string_view piece) { out.emplace_back(piece); });
  return out;
}

using Pieces = std::vector<std::string>;

const char* const kHostile[] = {
    "",
    " ",
    "  two  spaces ",
    "\n\n\t x\r\n",
    "it's we'll I'd they've 'sand '",
    "abc123 4567 ½ ² Ⅷ",
    "naïve café Ünïcödé",
    "日本語のテキスト　全角",
    "👩‍👩‍👧‍👦 🇩🇪",
    "e\xCC\x81 combining",
    "\xC2\xA0nbsp\xE2\x80\x83"
    "em",
    "<|ask|>spelled<|end|>",
    "\x01\x7F",
    "a\xC2\x85z",
    "What is the sum of 12 and 30?",
};

TEST_CASE("the pattern cuts as GPT-2's does") {
  CHECK(pieces("it's  3 dogs.") == Pieces{"it", "'s", " ", " 3", " dogs", "."});
  CHECK(pieces("a\n\nb") == Pieces{"a", "\n", "\n", "b"});
  CHECK(pieces("a \n b  ") == Pieces{"a", " \n", " b", "  "});
  CHECK(pieces("x=42, y") == Pieces{"x", "=", "42", ",", " y"});
  CHECK(pieces("'re're'x") == Pieces{"'re", "'re", "'", "x"});
  CHECK(pieces(" '\"!") == Pieces{" '\"!"});
}

TEST_CASE("digits apart are pieces of their own") {
  CHECK(pieces("ab 12c", Digits::Apart) == Pieces{"ab", " ", "1", "2", "c"});
}

TEST_CASE("the byte alphabet comes back for all bytes") {
  std::string bytes;
  for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
  CHECK(valid_utf8(to_byte_alphabet(bytes)));
  CHECK(from_byte_alphabet(to_byte_alphabet(bytes)) == bytes);
  CHECK(to_byte_alphabet(" \n") == "ĠĊ");
  CHECK_FALSE(from_byte_alphabet("語").has_value());
}

TEST_CASE("the practice tokenizer is small and gives hostile text back") {
  auto tokenizer = Tokenizer::parse(practice_tokenizer_json()).value();
  CHECK(tokenizer->size() < 768);
  for (const char* text : kHostile) CHECK(tokenizer->decode(tokenizer->encode(text)) == text);
}

TEST_CASE("a frequent word is one token, everything else is bytes") {
  auto tokenizer = Tokenizer::parse(practice_tokenizer_json()).value();
  CHECK(tokenizer->encode(" What").size() == 1);
  CHECK(tokenizer->encode(" What word").size() == 2);
  CHECK(tokenizer->encode("What").size() == 4);
  CHECK(tokenizer->encode(" 1234").size() == 5);
  CHECK(tokenizer->encode("qzx").size() == 3);
}

TEST_CASE("text that spells a special token does not become one") {
  auto tokenizer = Tokenizer::parse(practice_tokenizer_json()).value();
  int32_t ask = tokenizer->special("<|ask|>");
  CHECK(ask == tokenizer->size() - 5);
  for (int32_t id : tokenizer->encode("<|ask|>")) CHECK(id < ask);
  CHECK(tokenizer->special("ask") == -1);
}

TEST_CASE("special tokens and ids of no token decode to nothing") {
  auto tokenizer = Tokenizer::parse(practice_tokenizer_json()).value();
  CHECK(tokenizer->decode(std::vector<int32_t>{tokenizer->special("<|ask|>"), 65, 100'000}).size() == 1);
}

TEST_CASE("merges apply by rank, leftmost first") {
  std::string json = merging_json({"lo", "low", "er", "we"}, {"l o", "lo w", "e r", "w e"});
  auto tokenizer = Tokenizer::parse(json).value();
  CHECK(tokenizer->encode("lower") == std::vector<int32_t>{301, 302});
  CHECK(tokenizer->encode("weer") == std::vector<int32_t>{303, 302});
}

TEST_CASE("an added token that is not special is found in text, the longest first") {
  Json root = parse_json(merging_json({}, {})).value();
  Json added = root.at_path("added_tokens");
  for (const char* text : {"<a>", "<a><b>"})
    added.push(Json::object().set("id", 400 + static_cast<int>(added.size())).set("content", text));
  auto tokenizer = Tokenizer::parse(root.set("added_tokens", added).dump()).value();
  CHECK(tokenizer->encode("x<a><b><a>") == std::vector<int32_t>{'x', 402, 401});
  CHECK(tokenizer->decode(std::vector<int32_t>{402, 401}) == "<a><b><a>");
}

TEST_CASE("100 KB of one letter under merges take no quadratic time") {
  std::vector<std::string> tokens, merges;
  for (std::string a = "a"; a.size() <= 512; a += a) {
    tokens.push_back(a + a);
    merges.push_back(a + " " + a);
  }
  auto tokenizer = Tokenizer::parse(merging_json(tokens, merges)).value();
  auto start = std::chrono::steady_clock::now();
  CHECK(tokenizer->encode(std::string(102'400, 'a')).size() == 100);
  auto spent = std::chrono::steady_clock::now() - start;
  CHECK(spent < std::chrono::milliseconds(2'000));  // quadratic would be minutes
}

ErrorCode code_of(const std::string& json) { return Tokenizer::parse(json).error().code; }

TEST_CASE("duplicate tokens, ids and merges are malformed") {
  CHECK(code_of(merging_json({"lo"}, {"l o", "l o"})) == ErrorCode::Malformed);
  CHECK(code_of(merging_json({}, {"l o"})) == ErrorCode::Malformed);
  std::string json = practice_tokenizer_json();
  size_t at = json.find("\"ĠThe\"");
  REQUIRE(at != std::string::npos);
  CHECK(code_of(std::string(json).replace(at, 7, "\"A\"")) == ErrorCode::Malformed);
  CHECK(code_of(std::string(json).replace(json.find(": 256"), 5, ": 255")) == ErrorCode::Malformed);
}

TEST_CASE("a huge or negative id is malformed and allocates nothing") {
  std::string json = practice_tokenizer_json();
  size_t at = json.find(": 256") + 2;
  for (const char* id : {"2000000000", "-1", "9223372036854775807", "1.5", "\"x\""})
    CHECK(code_of(std::string(json).replace(at, 3, id)) == ErrorCode::Malformed);
}

TEST_CASE("a kind of tokenizer that is not known is named") {
  std::string json = practice_tokenizer_json();
  size_t at = json.find("\"BPE\"");
  auto result = Tokenizer::parse(std::string(json).replace(at, 5, "\"Unigram\""));
  CHECK(result.error().code == ErrorCode::InvalidArgument);
  CHECK(result.error().message.find("Unigram") != std::string::npos);
}

// Parses, and uses what parsed: no crash, and what is valid still gives text back.
void survive(const std::string& json) {
  auto tokenizer = Tokenizer::parse(json);
  if (!tokenizer) return;
  std::vector<int32_t> ids = (*tokenizer)->encode("low lower <a> 12 é");
  for (int32_t id : ids) REQUIRE(id >= 0);
  (void)(*tokenizer)->decode(ids);
}

TEST_CASE("every truncation and every flipped byte of a tokenizer.json is survived") {
  std::string json = merging_json({"lo", "low"}, {"l o", "lo w"});
  for (size_t size = 0; size < json.size(); ++size) survive(json.substr(0, size));
  for (size_t at = 0; at < json.size(); ++at)
    for (unsigned char flip : {0x01, 0x02, 0x10, 0x20, 0x80, 0xFF}) {
      std::string damaged = json;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      survive(damaged);
    }
}

}  // namespace
}  // namespace retort
