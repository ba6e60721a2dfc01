#include "tokenizer/normalizer.h"

#include <algorithm>

#include "base/utf8.h"
#include "tokenizer/unicode_class.h"
#include "tokenizer/unicode_form.h"

namespace retort {
namespace {

using Step = Normalizer::Step;
using Kind = Normalizer::Kind;

constexpr size_t kStepsMax = 16, kReplacementBytesMax = 64, kGrowthMax = 64;

Error unknown(std::string_view what) {
  return {
      ErrorCode::InvalidArgument,
      format("tokenizer.json: this build does not know {} as a normalizer; use a model with a byte-level or "
             "SentencePiece-style tokenizer",
             terminal_safe(what, 60))};
}

Result<Step> parse_replace(const Json& json) {
  Step step{Kind::Replace, std::string(json.at_path("pattern/String").string_or("")),
            std::string(json.at_path("content").string_or(""))};
  if (step.from.empty()) return unknown("Replace of a regular expression");
  if (step.to.size() > kReplacementBytesMax)
    return unknown(format("Replace by more than {} bytes", kReplacementBytesMax));
  return step;
}

Result<void> add(const Json& json, Normalizer& out) {
  if (out.steps.size() >= kStepsMax) return unknown(format("more than {} steps", kStepsMax));
  std::string_view type = json.at_path("type").string_or("(no type)");
  if (type == "Sequence") {
    for (const Json& step : json.at_path("normalizers").items()) RETORT_TRY(add(step, out));
  } else if (type == "Prepend") {
    std::string_view text = json.at_path("prepend").string_or("");
    if (text.size() > kReplacementBytesMax) return unknown("Prepend of a long text");
    out.steps.push_back({Kind::Prepend, "", std::string(text)});
  } else if (type == "Replace") {
    out.steps.push_back(RETORT_TRY(parse_replace(json)));
  } else if (type == "NFC") {
    out.steps.push_back({Kind::Nfc});
  } else if (type == "NFD") {
    out.steps.push_back({Kind::Nfd});
  } else if (type == "Lowercase") {
    out.steps.push_back({Kind::Lowercase});
  } else if (type == "Strip") {
    if (json.at_path("strip_left").bool_or(true)) out.steps.push_back({Kind::StripLeft});
    if (json.at_path("strip_right").bool_or(true)) out.steps.push_back({Kind::StripRight});
  } else {
    return unknown(type);
  }
  return {};
}

std::string replaced(std::string_view text, const Step& step) {
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  while (true) {
    size_t at = text.find(step.from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += step.to;
    text.remove_prefix(at + step.from.size());
  }
}

std::string run_step(const Step& step, std::string text, Place place) {
  switch (step.kind) {
    case Kind::Prepend:
      if (!text.empty() && place != Place::Continuation) text.insert(0, step.to);
      return text;
    case Kind::Replace:
      return replaced(text, step);
    case Kind::Nfc:
      return to_nfc(text);
    case Kind::Nfd:
      return to_nfd(text);
    case Kind::Lowercase:
      return to_lower(text);
    case Kind::StripLeft:
      return place == Place::Continuation ? text : std::string(without_leading_space(text));
    case Kind::StripRight:
      return std::string(without_trailing_space(text));
  }
  return text;
}

}  // namespace

std::string Normalizer::apply(std::string_view text, Place place) const {
  std::string now(text);
  for (const Step& step : steps) now = run_step(step, std::move(now), place);
  return now;
}

Result<Normalizer> parse_normalizer(const Json& json) {
  Normalizer result;
  if (!json.is_null()) RETORT_TRY(add(json, result));
  size_t growth = 1;  // replacements of replacements multiply
  for (const Step& step : result.steps) {
    if (step.kind == Kind::Replace)
      growth *= std::max<size_t>(1, (step.to.size() + step.from.size() - 1) / step.from.size());
    if (growth > kGrowthMax) return unknown(format("text that grows more than {} times", kGrowthMax));
  }
  return result;
}

}  // namespace retort
