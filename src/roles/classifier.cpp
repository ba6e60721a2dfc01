#include "roles/classifier.h"

#include <charconv>

#include "base/hash.h"
#include "base/words.h"
#include "roles/fence.h"

namespace retort {
namespace {

constexpr std::string_view kDecoration = " \t*_`\"'";

std::string_view undecorated(std::string_view text) {
  const size_t begin = text.find_first_not_of(kDecoration);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kDecoration) - begin + 1);
}

// What follows "NAME:" on this line; nothing when the line does not begin so. A line quoted with ">" is
// somebody else's. `name` is lower-case.
std::optional<std::string_view> after_key(std::string_view line, std::string_view name) {
  line = line.substr(std::min(line.find_first_not_of("#-+ \t*_`\"'"), line.size()));
  if (line.size() < name.size()) return std::nullopt;
  for (size_t i = 0; i < name.size(); ++i)
    if ((line[i] | 0x20) != name[i]) return std::nullopt;
  line = line.substr(std::min(line.find_first_not_of(kDecoration, name.size()), line.size()));
  if (!line.starts_with(':')) return std::nullopt;
  return line.substr(1);
}

const TaskLabel* read_label(std::string_view text) {
  text = undecorated(text);
  if (text.ends_with('.')) text = undecorated(text.substr(0, text.size() - 1));
  return find_task_label(text);
}

// "80", "80 %", "80/100"; nothing for anything else.
std::optional<double> read_confidence(std::string_view text) {
  text = undecorated(text);
  if (text.ends_with('.')) text.remove_suffix(1);
  for (std::string_view unit : {"%", "/100", "/ 100"})
    if (text.ends_with(unit)) text.remove_suffix(unit.size());
  text = undecorated(text);
  int percent = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || percent < 0 || percent > 100)
    return std::nullopt;
  return percent / 100.0;
}

Error unparsable(std::string_view reason) { return {ErrorCode::Unparsable, std::string(reason)}; }

Result<TaskGuess> to_guess(const Result<ChatReply>& reply) {
  if (!reply) return reply.error();
  if (reply->finish == Finish::Length) return unparsable("truncated");
  if (reply->finish == Finish::Filter) return Error{ErrorCode::Filtered, "filtered"};
  return parse_classifier_reply(reply->text);
}

std::string label_lines() {
  std::string lines;
  for (const TaskLabel& label : task_labels()) lines += format("{}{}", lines.empty() ? "" : "\n", label.name);
  return lines;
}

}  // namespace

Result<TaskGuess> parse_classifier_reply(std::string_view text) {
  if (const TaskLabel* bare = read_label(trim(text))) return TaskGuess{.label = bare};
  TaskGuess guess;
  bool more = false;  // text after the label
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const auto value = after_key(line, "task")) {
      const TaskLabel* label = read_label(*value);
      if (label == nullptr) return unparsable("no such label");
      if (guess.label != nullptr && guess.label != label) return unparsable("labelled twice");
      guess.label = label;
    } else if (const auto number = after_key(line, "confidence"); number && guess.label != nullptr) {
      guess.confidence = read_confidence(*number);
    } else {
      more = more || (guess.label != nullptr && !undecorated(line).empty());
    }
  }
  if (guess.label == nullptr) return unparsable("no task line");
  if (more) return unparsable("text after the label");
  return guess;
}

ChatSampling Classifier::default_sampling() { return {.temperature = 0, .tokens_max = 160}; }

Classifier::Classifier(Chat& chat, Prompt prompt, ChatSampling sampling, uint64_t seed)
    : chat_(chat), prompt_(std::move(prompt)), sampling_(std::move(sampling)), seed_(seed) {
  sampling_.prompt_hash = prompt_.hash();
}

std::vector<Result<TaskGuess>> Classifier::classify(std::span<const std::string_view> instructions) {
  static const std::string kLabels = label_lines();
  std::vector<ChatRequest> requests;
  for (std::string_view instruction : instructions) {
    const std::string_view fenced[] = {instruction};
    const std::string mark = fence_mark(format("classify/{}/{}", seed_, sha256_hex(instruction)), fenced);
    requests.push_back(
        {.role = "classifier",
         .messages = prompt_.render(
             {{"instruction", std::string(instruction)}, {"labels", kLabels}, {"nonce", mark}}),
         .sampling = sampling_});
  }
  std::vector<Result<TaskGuess>> guesses;
  for (const Result<ChatReply>& reply : chat_.ask(requests)) guesses.push_back(to_guess(reply));
  return guesses;
}

}  // namespace retort
