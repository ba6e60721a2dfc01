#include "tokenizer/decoder.h"

#include <charconv>

#include "base/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

using Step = TextDecoder::Step;
using Kind = TextDecoder::Kind;
using Tokens = std::vector<std::string>;

constexpr size_t kStepsMax = 16;
constexpr std::string_view kUnreadable = "\xEF\xBF\xBD", kSpaceMark = "\xE2\x96\x81";

Error unknown(std::string_view what) {
  return {ErrorCode::InvalidArgument,
          format("tokenizer.json: this build does not know {} as a decoder; use a model with a byte-level or "
                 "SentencePiece-style tokenizer",
                 terminal_safe(what, 60))};
}

Result<Step> parse_replace(const Json& json) {
  Step step{Kind::Replace, std::string(json.at_path("pattern/String").string_or("")),
            std::string(json.at_path("content").string_or(""))};
  if (step.from.empty()) return unknown("Replace of a regular expression");
  if (step.to.size() > step.from.size()) return unknown("Replace by what is longer");
  return step;
}

Result<Step> parse_strip(const Json& json) {
  Step step{Kind::Strip, std::string(json.at_path("content").string_or(" "))};
  int64_t start = json.at_path("start").integer_or(0), stop = json.at_path("stop").integer_or(0);
  if (step.from.empty() || start < 0 || stop < 0) return unknown("Strip of nothing or of a negative count");
  step.start = static_cast<size_t>(start);
  step.stop = static_cast<size_t>(stop);
  return step;
}

Step parse_metaspace(const Json& json) {
  bool add = json.at_path("add_prefix_space").bool_or(true);
  std::string_view scheme = json.at_path("prepend_scheme").string_or(add ? "always" : "never");
  return Step{.kind = Kind::Metaspace,
              .from = std::string(json.at_path("replacement").string_or(kSpaceMark)),
              .drops_first = scheme != "never"};
}

Result<void> add(const Json& json, TextDecoder& out) {
  if (out.steps.size() >= kStepsMax) return unknown(format("more than {} steps", kStepsMax));
  std::string_view type = json.at_path("type").string_or("(no type)");
  if (type == "Sequence") {
    for (const Json& step : json.at_path("decoders").items()) RETORT_TRY(add(step, out));
  } else if (type == "Replace") {
    out.steps.push_back(RETORT_TRY(parse_replace(json)));
  } else if (type == "ByteFallback") {
    out.steps.push_back({Kind::ByteFallback});
  } else if (type == "Fuse") {
    out.steps.push_back({Kind::Fuse});
  } else if (type == "Strip") {
    out.steps.push_back(RETORT_TRY(parse_strip(json)));
  } else if (type == "ByteLevel") {
    out.steps.push_back({Kind::ByteLevel});
  } else if (type == "Metaspace") {
    out.steps.push_back(parse_metaspace(json));
  } else {
    return unknown(type);
  }
  return {};
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    size_t at = from.empty() ? std::string_view::npos : text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

std::string joined(const Tokens& tokens, std::string_view between = "") {
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) text += between;
    text += tokens[i];
  }
  return text;
}

// A run of bytes is text, or, when it is none, one U+FFFD for each byte.
Tokens byte_fallback(Tokens tokens) {
  Tokens out;
  std::string run;
  auto close = [&] {
    if (run.empty()) return;
    if (valid_utf8(run))
      out.push_back(run);
    else
      out.insert(out.end(), run.size(), std::string(kUnreadable));
    run.clear();
  };
  for (std::string& token : tokens) {
    if (int byte = byte_of_fallback(token); byte >= 0) {
      run += static_cast<char>(byte);
    } else {
      close();
      out.push_back(std::move(token));
    }
  }
  close();
  return out;
}

std::string stripped(std::string_view text, const Step& step) {
  for (size_t i = 0; i < step.start && text.starts_with(step.from); ++i) text.remove_prefix(step.from.size());
  for (size_t i = 0; i < step.stop && text.ends_with(step.from); ++i) text.remove_suffix(step.from.size());
  return std::string(text);
}

Tokens run_step(const Step& step, Tokens tokens) {
  switch (step.kind) {
    case Kind::Replace:
      for (std::string& token : tokens) token = replaced(token, step.from, step.to);
      return tokens;
    case Kind::ByteFallback:
      return byte_fallback(std::move(tokens));
    case Kind::Fuse:
      return {joined(tokens)};
    case Kind::Strip:
      for (std::string& token : tokens) token = stripped(token, step);
      return tokens;
    case Kind::ByteLevel:
      for (std::string& token : tokens)
        if (std::optional<std::string> bytes = from_byte_alphabet(token)) token = std::move(*bytes);
      return {joined(tokens)};
    case Kind::Metaspace:
      for (size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = replaced(tokens[i], step.from, i == 0 && step.drops_first ? "" : " ");
      return tokens;
  }
  return tokens;
}

}  // namespace

int byte_of_fallback(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  int byte = -1;
  auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
  return error == std::errc() && end == token.data() + 5 && token[3] != '-' ? byte : -1;
}

std::string TextDecoder::decode(Tokens tokens) const {
  for (const Step& step : steps) tokens = run_step(step, std::move(tokens));
  return joined(tokens, joins_with_spaces ? " " : "");
}

Result<TextDecoder> parse_decoder(const Json& json) {
  TextDecoder result;
  if (json.is_null())
    result.joins_with_spaces = true;
  else
    RETORT_TRY(add(json, result));
  return result;
}

}  // namespace retort
