#include "tokenizer/pre_tokenizer.h"

#include "base/test.h"
#include "tokenizer/unicode_form.h"

namespace retort {
namespace {

using Pieces = std::vector<std::string>;

Pieces pieces(const PreTokenizer& pre, std::string_view text, Place place = Place::TextStart) {
  PreTokenizer::Made made;
  std::vector<std::string_view> found;
  pre.split(text, place, made, found);
  return {found.begin(), found.end()};
}

Pieces cut(Pattern pattern, std::string_view text) { return pieces({.steps = {{.pattern = pattern}}}, text); }

PreTokenizer parsed(const char* json) { return parse_pre_tokenizer(parse_json(json).value()).value(); }

TEST_CASE("the pattern cuts as GPT-2's does") {
  CHECK(cut(Pattern::Gpt2, "it's  3 dogs.") == Pieces{"it", "'s", " ", " 3", " dogs", "."});
  CHECK(cut(Pattern::Gpt2, "a\n\nb") == Pieces{"a", "\n", "\n", "b"});
  CHECK(cut(Pattern::Gpt2, "a \n b  ") == Pieces{"a", " \n", " b", "  "});
  CHECK(cut(Pattern::Gpt2, "x=42, y") == Pieces{"x", "=", "42", ",", " y"});
  CHECK(cut(Pattern::Gpt2, "'re're'x") == Pieces{"'re", "'re", "'", "x"});
  CHECK(cut(Pattern::Gpt2, " '\"!") == Pieces{" '\"!"});
}

TEST_CASE("LLaMA 3's pattern groups three digits and keeps newlines together") {
  CHECK(cut(Pattern::Llama3, "I'LL pay 12345\n\n now") ==
        Pieces{"I", "'LL", " pay", " ", "123", "45", "\n\n", " now"});
  CHECK(cut(Pattern::Llama3, "(x)!\n y") == Pieces{"(x", ")!\n", " y"});
  CHECK(cut(Pattern::Llama3, "a \n \n  b") == Pieces{"a", " \n \n", " ", " b"});
  CHECK(cut(Pattern::Qwen2, " 123") == Pieces{" ", "1", "2", "3"});
}

TEST_CASE("gpt-oss's pattern cuts where a new capitalised word begins") {
  CHECK(cut(Pattern::O200k, "camelCaseHTMLParser's end") == Pieces{"camel", "Case", "HTMLParser's", " end"});
  CHECK(cut(Pattern::O200k, "AB中CD") == Pieces{"AB中", "CD"});
  CHECK(cut(Pattern::O200k, "a//\nb") == Pieces{"a", "//\n", "b"});
  CHECK(cut(Pattern::Tekken, "it's 12") == Pieces{"it", "'s", " ", "1", "2"});
}

TEST_CASE("DeepSeek's steps set digits and kana apart and leave controls between matches") {
  CHECK(cut(Pattern::DeepSeek, "f(x) <a\x01 b") == Pieces{"f", "(x", ")", " <", "a", "\x01", " b"});
  CHECK(cut(Pattern::Kana, "a中文b") == Pieces{"a", "中文", "b"});
  CHECK(cut(Pattern::Digits1to3, "a1234") == Pieces{"a", "123", "4"});
}

TEST_CASE("a chain of steps cuts the pieces of the step before") {
  PreTokenizer smol = parsed(R"({"type": "Sequence", "pretokenizers": [
      {"type": "Digits", "individual_digits": true},
      {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]})");
  CHECK(smol.byte_level);
  CHECK(pieces(smol, "ab 12c") == Pieces{"ab", " ", "1", "2", "c"});
}

TEST_CASE("Metaspace marks words, and the first one where the text starts") {
  PreTokenizer first = parsed(R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"})");
  CHECK(pieces(first, "a b  c") == Pieces{"▁a", "▁b", "▁", "▁c"});
  CHECK(pieces(first, "a", Place::Later) == Pieces{"a"});
  PreTokenizer whole = parsed(R"({"type": "Metaspace", "replacement": "▁", "split": false})");
  CHECK(pieces(whole, "a b", Place::Later) == Pieces{"▁a▁b"});
  CHECK(pieces(whole, "a b", Place::Continuation) == Pieces{"a▁b"});
}

TEST_CASE("the behaviors of Split") {
  auto split = [](const char* behavior) {
    Json json = parse_json(R"({"type": "Split", "pattern": {"String": "-"}})").value();
    return pieces(parse_pre_tokenizer(json.set("behavior", behavior)).value(), "a--b-");
  };
  CHECK(split("Isolated") == Pieces{"a", "-", "-", "b", "-"});
  CHECK(split("Removed") == Pieces{"a", "b"});
  CHECK(split("MergedWithPrevious") == Pieces{"a-", "-", "b-"});
  CHECK(split("MergedWithNext") == Pieces{"a", "-", "-b", "-"});
  CHECK(split("Contiguous") == Pieces{"a", "--", "b", "-"});
}

TEST_CASE("a regular expression that is not known is an error that shows it") {
  Json json =
      parse_json(R"({"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated"})").value();
  Error error = parse_pre_tokenizer(json).error();
  CHECK(error.code == ErrorCode::InvalidArgument);
  CHECK(error.message.find("(a+)+$") != std::string::npos);
}

TEST_CASE("hostile text is cut in linear time by every pattern") {
  std::string text;
  for (const char* part : {"A", "中", " ", "\n", "1", "'", "\xCC\x81", "/", "\x01", "\xFF"})
    for (int i = 0; i < 20'000; ++i) text += part;
  for (int i = 0; i < 20'000; ++i) text += i % 2 == 0 ? "中A" : " \n";
  for (int pattern = 0; pattern <= static_cast<int>(Pattern::Spaces); ++pattern) {
    std::string joined;
    for (const std::string& piece : cut(static_cast<Pattern>(pattern), text)) joined += piece;
    CHECK(joined == text);
  }
}

TEST_CASE("canonical forms compose, reorder marks and know Hangul") {
  CHECK(to_nfc("e\u0301 A\u030A") == "é Å");
  CHECK(to_nfd("é") == "e\u0301");
  CHECK(to_nfc("a\u0301\u0323") == to_nfc("a\u0323\u0301"));
  CHECK(to_nfc("\u1112\u1161\u11AB") == "한");
  CHECK(to_nfd("한") == "\u1112\u1161\u11AB");
  CHECK(to_nfc("\u0958") == "\u0915\u093C");  // excluded from composition
  CHECK(to_lower("ÀΣİ") == "àσi\u0307");
}

}  // namespace
}  // namespace retort
