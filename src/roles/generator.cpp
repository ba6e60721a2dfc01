#include "roles/generator.h"

#include <algorithm>
#include <cmath>

#include "base/words.h"

namespace retort {
namespace {

// Takes off one pair of quotation marks that encloses the whole: "A" and "B" keeps its own.
std::string_view unquoted(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"\"", "\""}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"‘", "’"}, {"«", "»"}, {"„", "“"}, {"「", "」"}};
  for (const auto& [open, close] : kPairs) {
    if (text.size() < open.size() + close.size() || !text.starts_with(open) || !text.ends_with(close))
      continue;
    std::string_view inner = text.substr(open.size(), text.size() - open.size() - close.size());
    bool encloses = inner.find(open) == std::string_view::npos && inner.find(close) == std::string_view::npos;
    if (encloses) return inner;
  }
  return text;
}

int64_t token_limit(std::string_view seed_text, const Generator::Options& options) {
  double limit = std::ceil(options.tokens_per_seed_word * static_cast<double>(word_count(seed_text)));
  return std::max({static_cast<int64_t>(limit), options.tokens_min, int64_t{1}});
}

}  // namespace

Result<Draft> read_draft(const Result<ChatReply>& reply) {
  if (!reply) return reply.error();
  return Draft{.text = std::string(trim(unquoted(trim(reply->text)))),
               .finish = reply->finish,
               .call_key = reply->call_key};
}

Generator::Generator(Chat& chat, Prompt same_task, Prompt rarer, Options options)
    : chat_(chat), same_task_(std::move(same_task)), rarer_(std::move(rarer)), options_(options) {}

std::vector<Result<Draft>> Generator::write(std::span<const WriteRequest> requests) {
  std::vector<ChatRequest> chat_requests;
  for (const WriteRequest& request : requests) {
    const Prompt& prompt = request.mode == WriteMode::SameTask ? same_task_ : rarer_;
    chat_requests.push_back({.role = "generator",
                             .messages = prompt.render({{"seed", request.seed_text}}),
                             .sampling = {.temperature = options_.temperature,
                                          .top_p = options_.top_p,
                                          .tokens_max = token_limit(request.seed_text, options_),
                                          .prompt_hash = prompt.hash()},
                             .sample_index = request.attempt_index});
  }
  std::vector<Result<Draft>> drafts;
  for (const Result<ChatReply>& reply : chat_.ask(chat_requests)) drafts.push_back(read_draft(reply));
  return drafts;
}

}  // namespace retort
