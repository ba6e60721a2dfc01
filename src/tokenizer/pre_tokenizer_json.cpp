// Reads the member "pre_tokenizer" of a tokenizer.json.
#include "base/utf8.h"
#include "tokenizer/pre_tokenizer.h"

namespace retort {
namespace {

using Step = PreTokenizer::Step;
using Kind = PreTokenizer::Kind;
using Behavior = PreTokenizer::Behavior;
using Prepend = PreTokenizer::Prepend;

constexpr size_t kStepsMax = 16, kMarkBytesMax = 16;

Error unknown(std::string_view what) {
  return {
      ErrorCode::InvalidArgument,
      format(
          "tokenizer.json: this build does not know {} as a pre-tokenizer; use a model with a byte-level or "
          "SentencePiece-style tokenizer",
          terminal_safe(what, 60))};
}

Result<Behavior> parse_behavior(const Json& json) {
  std::string_view name = json.string_or("Isolated");
  if (name == "Isolated") return Behavior::Isolated;
  if (name == "Removed") return Behavior::Removed;
  if (name == "MergedWithPrevious") return Behavior::MergedWithPrevious;
  if (name == "MergedWithNext") return Behavior::MergedWithNext;
  if (name == "Contiguous") return Behavior::Contiguous;
  return unknown(format("the behavior {}", name));
}

Result<Step> parse_split(const Json& json) {
  if (json.at_path("invert").bool_or(false)) return unknown("Split with invert");
  Step step{.behavior = RETORT_TRY(parse_behavior(json.at_path("behavior")))};
  const Json& literal = json.at_path("pattern/String");
  const Json& expression = json.at_path("pattern/Regex");
  if (literal.is_string() && !literal.string_or("").empty()) {
    step.kind = Kind::Literal;
    step.text = literal.string_or("");
  } else if (expression.is_string()) {
    step.pattern = RETORT_TRY(parse_pattern(expression.string_or("")));
  } else {
    return unknown("Split without a pattern");
  }
  return step;
}

Result<Step> parse_metaspace(const Json& json) {
  Step step{.kind = Kind::Metaspace,
            .text = std::string(json.at_path("replacement").string_or("\xE2\x96\x81"))};
  bool add = json.at_path("add_prefix_space").bool_or(true);
  std::string_view scheme = json.at_path("prepend_scheme").string_or(add ? "always" : "never");
  if (scheme != "always" && scheme != "first" && scheme != "never")
    return unknown(format("Metaspace's prepend_scheme {}", scheme));
  if (step.text.empty() || step.text.size() > kMarkBytesMax)
    return unknown(format("Metaspace with a mark of {} bytes", step.text.size()));
  step.prepend = scheme == "always" ? Prepend::Always : scheme == "first" ? Prepend::First : Prepend::Never;
  step.cuts = json.at_path("split").bool_or(true);
  return step;
}

void add_byte_level(const Json& json, PreTokenizer& out) {
  out.byte_level = true;
  if (json.at_path("add_prefix_space").bool_or(true)) out.steps.push_back({.kind = Kind::PrefixSpace});
  if (json.at_path("use_regex").bool_or(true)) out.steps.push_back({.pattern = Pattern::Gpt2});
}

Result<void> add(const Json& json, PreTokenizer& out) {
  if (out.byte_level) return unknown("a step behind ByteLevel");
  if (out.steps.size() >= kStepsMax) return unknown(format("more than {} steps", kStepsMax));
  std::string_view type = json.at_path("type").string_or("(no type)");
  if (type == "Sequence") {
    for (const Json& step : json.at_path("pretokenizers").items()) RETORT_TRY(add(step, out));
  } else if (type == "Split") {
    out.steps.push_back(RETORT_TRY(parse_split(json)));
  } else if (type == "Digits") {
    bool apart = json.at_path("individual_digits").bool_or(false);
    out.steps.push_back({.pattern = apart ? Pattern::Digit : Pattern::Digits});
  } else if (type == "ByteLevel") {
    add_byte_level(json, out);
  } else if (type == "Metaspace") {
    out.steps.push_back(RETORT_TRY(parse_metaspace(json)));
  } else if (type == "Punctuation") {
    Behavior behavior = RETORT_TRY(parse_behavior(json.at_path("behavior")));
    out.steps.push_back({.kind = Kind::Punctuation, .behavior = behavior});
  } else if (type == "Whitespace") {
    out.steps.push_back({.kind = Kind::Words});
  } else if (type == "WhitespaceSplit") {
    out.steps.push_back({.pattern = Pattern::Spaces, .behavior = Behavior::Removed});
  } else {
    return unknown(type);
  }
  return {};
}

}  // namespace

Result<PreTokenizer> parse_pre_tokenizer(const Json& json) {
  PreTokenizer result;
  if (!json.is_null()) RETORT_TRY(add(json, result));
  return result;
}

}  // namespace retort
