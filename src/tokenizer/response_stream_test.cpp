#include "tokenizer/response_stream.h"

#include "base/random.h"
#include "base/test.h"
#include "base/utf8.h"
#include "tokenizer/chat_template.h"

namespace retort {
namespace {

const Tokenizer& tokenizer() {
  static const std::unique_ptr<Tokenizer> made = or_throw(Tokenizer::parse(practice_tokenizer_json()));
  return *made;
}

struct Heard {
  std::vector<std::string> pieces;
  std::string text;
  bool stopped = false;
};

Heard hear(const std::vector<int32_t>& tokens, std::vector<std::string> stops, std::string_view opening = "",
           std::string_view closing = "") {
  ResponseStream stream(tokenizer(), opening, closing, std::move(stops));
  Heard heard;
  for (int32_t token : tokens) {
    heard.stopped = stream.add(token);
    heard.pieces.push_back(stream.take());
    if (heard.stopped) break;
  }
  heard.pieces.push_back(stream.finish());
  for (const std::string& piece : heard.pieces) heard.text += piece;
  return heard;
}

// Characters as tokens of one byte each.
std::vector<int32_t> bytes(std::string_view text) {
  std::vector<int32_t> tokens;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    for (int32_t token : tokenizer().encode(text.substr(0, length))) tokens.push_back(token);
    text.remove_prefix(length);
  }
  return tokens;
}

TEST_CASE("a stop that comes byte by byte is never shown, nor a part of it") {
  Heard heard = hear(bytes("one END two"), {"END"});
  CHECK(heard.stopped);
  CHECK(heard.text == "one ");
  CHECK(heard.pieces[4] == "");  // "E" may be one
}

TEST_CASE("what only began like a stop is shown when it goes on otherwise, or at the end") {
  CHECK(hear(bytes("an ENtry EN"), {"END"}).text == "an ENtry EN");
}

TEST_CASE("of several stops the first in the text counts") {
  CHECK(hear(bytes("a;b.c"), {".", ";", ""}).text == "a");
  CHECK(hear(bytes("xaab"), {"aab"}).text == "x");
}

TEST_CASE("what a template puts around a response is left out") {
  CHECK(hear(bytes(" yes "), {}, " ", " ").text == "yes");
  CHECK(hear(bytes("yes"), {}, " ", " ").text == "yes");
  CHECK(hear(bytes(" "), {}, " ", " ").text == "");
  CHECK(hear(bytes("a b "), {}, "", " ").text == "a b");
  CHECK(hear(bytes("<"), {}, "<<", "").text == "<");
}

TEST_CASE("drawn texts: the pieces are the whole text, cut and stripped at once") {
  for (uint64_t i = 0; i < 2'000; ++i) {
    Random random(3, "stream", i);
    auto draw = [&](uint64_t most) {
      std::string text;
      for (uint64_t n = random.below(most + 1); n > 0; --n)
        text += std::vector<std::string>{"a", "b", " ", "é"}[random.below(4)];
      return text;
    };
    const std::string text = draw(12), opening = draw(1), closing = draw(1);
    const std::vector<std::string> stops = {draw(3), draw(2)};
    // The stop that is whole first ends the text: of two that begin before one another the shorter may.
    std::string whole;
    bool ended = false;
    for (size_t end = 0; end <= text.size() && !ended; ++end) {
      whole = text.substr(0, end);
      for (const std::string& stop : stops)
        if (size_t at = stop.empty() ? std::string::npos : text.substr(0, end).find(stop);
            at != std::string::npos)
          ended = true, whole.resize(std::min(whole.size(), at));
    }
    std::string_view wanted = whole;
    if (wanted.starts_with(opening)) wanted.remove_prefix(opening.size());
    if (wanted.ends_with(closing)) wanted.remove_suffix(closing.size());
    Heard heard = hear(bytes(text), stops, opening, closing);
    CHECK_MESSAGE(heard.text == wanted,
                  text << "|" << stops[0] << "|" << stops[1] << "|" << opening << "|" << closing);
    for (const std::string& piece : heard.pieces) CHECK(valid_utf8(piece));
  }
}

}  // namespace
}  // namespace retort
