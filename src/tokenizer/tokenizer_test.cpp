#include "tokenizer/tokenizer.h"

#include <chrono>

#include "base/random.h"
#include "base/test.h"
#include "base/utf8.h"
#include "tokenizer/bpe.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/stream_decoder.h"
#include "tokenizer/tokenizers_for_test.h"

namespace retort {
namespace {

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
  std::string json = byte_level_json({"lo", "low", "er", "we"}, {"l o", "lo w", "e r", "w e"});
  auto tokenizer = Tokenizer::parse(json).value();
  CHECK(tokenizer->encode("lower") == std::vector<int32_t>{301, 302});
  CHECK(tokenizer->encode("weer") == std::vector<int32_t>{303, 302});
}

TEST_CASE("an added token that is not special is found in text, the longest first") {
  Json root = parse_json(byte_level_json({}, {})).value();
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
  auto tokenizer = Tokenizer::parse(byte_level_json(tokens, merges)).value();
  auto start = std::chrono::steady_clock::now();
  CHECK(tokenizer->encode(std::string(102'400, 'a')).size() == 100);
  auto spent = std::chrono::steady_clock::now() - start;
  CHECK(spent < std::chrono::milliseconds(2'000));  // quadratic would be minutes; `make bench` has the figure
}

ErrorCode code_of(const std::string& json) { return Tokenizer::parse(json).error().code; }

TEST_CASE("duplicate tokens, ids and merges are malformed") {
  CHECK(code_of(byte_level_json({"lo"}, {"l o", "l o"})) == ErrorCode::Malformed);
  CHECK(code_of(byte_level_json({}, {"l o"})) == ErrorCode::Malformed);
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

using Ids = std::vector<int32_t>;

TEST_CASE("SentencePiece's kind marks spaces, falls back to bytes and comes back") {
  auto tokenizer = Tokenizer::parse(sentencepiece_json()).value();
  CHECK(tokenizer->encode("hello hello") == Ids{268, 268});
  CHECK(tokenizer->encode("hello  hello") == Ids{268, 259, 268});
  CHECK(tokenizer->encode("é") == Ids{259, 3 + 0xC3, 3 + 0xA9});
  for (const char* text : {"hello", " hello", "x  y ", "é\n日本", "", "▁"})
    if (std::string_view(text) != "▁") CHECK(tokenizer->decode(tokenizer->encode(text)) == text);
}

TEST_CASE("a frame adds what the post-processor adds") {
  auto tokenizer = Tokenizer::parse(sentencepiece_json()).value();
  CHECK(tokenizer->encode("hello", {.frame = EncodeOptions::Frame::Framed}) == Ids{1, 268});
}

TEST_CASE("special tokens are found in text when asked for, and each stretch between them starts anew") {
  auto tokenizer = Tokenizer::parse(sentencepiece_json()).value();
  EncodeOptions special{.special_text = EncodeOptions::SpecialText::Special};
  CHECK(tokenizer->encode("hello</s>hello", special) == Ids{268, 2, 268});
  for (int32_t id : tokenizer->encode("hello</s>")) CHECK(id > 2);
  CHECK(tokenizer->decode(Ids{268, 2}, SpecialTokens::Show) == "hello</s>");
  CHECK(tokenizer->decode(Ids{268, 2}) == "hello");
}

TEST_CASE("a later part of a text goes on without a space of its own") {
  auto tokenizer = Tokenizer::parse(sentencepiece_json()).value();
  auto none = [](const AddedTokenUse&) { return false; };
  std::vector<size_t> cuts = {5, 6};
  auto parts = tokenizer->encode_parts("hello hello", cuts, none);
  CHECK(parts == std::vector<Ids>{{268}, {259}, {267}});
}

TEST_CASE("a special token takes the white space beside it when it says so") {
  Json root = parse_json(byte_level_json({}, {})).value();
  Json added = Json::array();
  added.push(Json::object()
                 .set("id", 400)
                 .set("content", "<m>")
                 .set("special", true)
                 .set("lstrip", true)
                 .set("rstrip", true));
  added.push(Json::object().set("id", 401).set("content", "ab").set("single_word", true));
  auto tokenizer = Tokenizer::parse(root.set("added_tokens", added).dump()).value();
  EncodeOptions special{.special_text = EncodeOptions::SpecialText::Special};
  CHECK(tokenizer->encode("x  <m>\n y", special) == Ids{'x', 400, 'y'});
  CHECK(tokenizer->encode("cab ab", special) == Ids{'c', 'a', 'b', ' ', 401});
}

TEST_CASE("the heap and the scan of short pieces merge the same") {
  Random random(5, "merges");
  Bpe bpe;
  for (int b = 0; b < 256; ++b) bpe.byte_ids[static_cast<size_t>(b)] = b;
  for (int32_t merged = 256; merged < 400; ++merged) {
    auto part = [&] {
      return static_cast<int32_t>('a' + random.below(4) + (random.below(3) == 0 ? 155 : 0));
    };
    bpe.merges.insert(part(), part(), {static_cast<uint32_t>(merged), merged});
  }
  WordCache cache;
  for (int i = 0; i < 20'000; ++i) {
    std::string piece;
    for (uint64_t n = 1 + random.below(30); n > 0; --n) piece += static_cast<char>('a' + random.below(4));
    Ids fast, plain;
    bpe.encode(piece, cache, fast);
    bpe.encode_plain(piece, plain);
    REQUIRE(fast == plain);
  }
}

TEST_CASE("a batch encodes as one by one, on any number of threads") {
  auto tokenizer = Tokenizer::parse(practice_tokenizer_json()).value();
  std::vector<std::string> texts;
  for (int i = 0; i < 1'000; ++i) texts.push_back(format("What is {} and the rest?", i));
  auto batch = tokenizer->encode_batch(texts, {}, 3);
  for (size_t i = 0; i < texts.size(); ++i) REQUIRE(batch[i] == tokenizer->encode(texts[i]));
}

TEST_CASE("a stream never says half a character and says it all") {
  for (const std::string& json : {sentencepiece_json(), practice_tokenizer_json()}) {
    auto tokenizer = Tokenizer::parse(json).value();
    for (const char* text : kHostile) {
      StreamDecoder stream(*tokenizer);
      std::string said;
      for (int32_t id : tokenizer->encode(text)) {
        std::string added = stream.add(id);
        CHECK(valid_utf8(added));
        said += added;
      }
      CHECK(said + stream.finish() == text);
    }
  }
}

TEST_CASE("a stream that ends within a character says so") {
  auto tokenizer = Tokenizer::parse(sentencepiece_json()).value();
  StreamDecoder stream(*tokenizer);
  CHECK(stream.add(268) == "hello");
  CHECK(stream.add(3 + 0xE2) == "");
  CHECK(stream.add(3 + 0x82) == "");
  CHECK(stream.finish() == "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace retort
