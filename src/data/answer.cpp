#include "data/answer.h"

#include "base/format.h"
#include "base/words.h"

namespace retort {
namespace {

constexpr std::string_view kNames[] = {"stop", "length", "content_filter", "other"};

}  // namespace

std::string_view finish_name(Finish finish) { return kNames[static_cast<int>(finish)]; }

Finish parse_finish(std::string_view name) {
  for (int i = 0; i < 3; ++i)
    if (kNames[i] == name) return static_cast<Finish>(i);
  return Finish::Other;
}

ThoughtText split_thought(std::string_view text) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  const std::string_view trimmed = trim(text);
  if (!trimmed.starts_with(kOpen)) return {"", std::string(text)};
  const size_t end = trimmed.find(kClose);
  // Cut while it was still thinking: there is no answer.
  const std::string_view thought = trimmed.substr(0, end).substr(kOpen.size());
  ThoughtText parts{.reasoning = std::string(trim(thought))};
  if (end != trimmed.npos) parts.text = trim(trimmed.substr(end + kClose.size()));
  return parts;
}

std::string with_thought(std::string_view reasoning, std::string_view text) {
  if (reasoning.empty()) return std::string(text);
  return format("<think>\n{}\n</think>\n\n{}", reasoning, text);
}

}  // namespace retort
