#include "chat/reply.h"

#include <algorithm>

#include "base/json.h"
#include "base/utf8.h"
#include "base/words.h"
#include "chat/chat.h"
#include "chat/stream.h"

namespace retort {
namespace {

constexpr size_t kErrorTextMax = 400;

Error bad_reply(const std::string& why) {
  return {ErrorCode::BadReply, "the reply is no chat completion: " + why};
}

// {"error": {...}}, or an array of one such, as one vendor sends it.
const Json& error_of(const Json& reply) {
  const Json& first = reply.is_array() && reply.size() > 0 ? reply.items()[0] : reply;
  return first.at_path("error");
}

// The reply as one JSON value, also where it came as a stream.
Result<Json> reply_json(std::string_view raw) {
  return looks_like_stream(raw) ? join_stream(raw) : parse_json(raw);
}

TokenUsage usage_of(const Json& reply) {
  const Json& usage = reply.at_path("usage");
  auto count = [&](const char* path) { return std::max<int64_t>(0, usage.at_path(path).integer_or(0)); };
  if (usage.find("input_tokens") == nullptr)
    return {count("prompt_tokens"), count("completion_tokens"), count("prompt_tokens_details/cached_tokens")};
  // Anthropic counts what the cache gave, and what it took, apart from the rest of the input.
  const int64_t cached = count("cache_read_input_tokens");
  return {count("input_tokens") + cached + count("cache_creation_input_tokens"), count("output_tokens"),
          cached};
}

// The text of `content`: a string, null (a reply without text), or an array of parts.
Result<std::string> content_text(const Json& content) {
  if (content.is_null()) return std::string();
  if (content.is_string()) return std::string(content.string_or(""));
  if (!content.is_array()) return bad_reply("message.content is neither text nor parts");
  std::string text;
  for (const Json& part : content.items()) {
    if (!part.is_object()) return bad_reply("a part of message.content is no object");
    if (part.find("refusal") != nullptr)
      return Error{ErrorCode::Filtered,
                   "refused: " + terminal_safe(part.at_path("refusal").string_or(""), 200)};
    text += part.at_path("text").string_or("");
  }
  return text;
}

// "<think>...</think>" before the text, from servers that leave the two together.
void split_off_reasoning(ChatReply& reply) {
  if (!reply.reasoning.empty()) return;
  ThoughtText parts = split_thought(reply.text);
  reply.reasoning = std::move(parts.reasoning);
  reply.text = std::move(parts.text);
}

std::vector<TokenLogprob> logprobs_of(const Json& choice) {
  std::vector<TokenLogprob> logprobs;
  for (const Json& token : choice.at_path("logprobs/content").items()) {
    TokenLogprob& out = logprobs.emplace_back();
    out.token = token.at_path("token").string_or("");
    out.logprob = token.at_path("logprob").number_or(0);
    for (const Json& top : token.at_path("top_logprobs").items())
      out.top.emplace_back(top.at_path("token").string_or(""), top.at_path("logprob").number_or(0));
  }
  return logprobs;
}

// A server that lost the request in the middle says so in the finish reason; what it wrote is no reply.
bool gave_up(std::string_view finish) { return finish == "abort" || finish == "error"; }

Result<ChatReply> parse_choice(const Json& choice) {
  const Json& message = choice.at_path("message");
  const Json* content = message.find("content");
  if (content == nullptr && message.find("refusal") == nullptr)
    return bad_reply("its message has no content");
  ChatReply reply;
  const std::string_view finish = choice.at_path("finish_reason").string_or("");
  reply.finish = parse_finish(finish);
  if (gave_up(finish)) return bad_reply("the server gave it up in the middle");
  if (reply.finish == Finish::Filter)
    return Error{ErrorCode::Filtered, "the endpoint's content filter cut the reply"};
  if (std::string_view refusal = message.at_path("refusal").string_or(""); !refusal.empty())
    return Error{ErrorCode::Filtered, "refused: " + terminal_safe(refusal, 200)};
  if (content != nullptr) reply.text = RETORT_TRY(content_text(*content));
  // Servers disagree on the name of what a model thought before it spoke.
  reply.reasoning =
      message.at_path("reasoning_content").string_or(message.at_path("reasoning").string_or(""));
  split_off_reasoning(reply);
  return reply;
}

Result<ChatReply> parse_completion(const Json& json) {
  const Json& choices = json.at_path("choices");
  if (choices.items().empty()) return bad_reply("it has no choices");
  ChatReply reply = RETORT_TRY(parse_choice(choices.items()[0]));
  reply.logprobs = logprobs_of(choices.items()[0]);
  for (size_t i = 1; i < choices.size(); ++i)
    reply.other_samples.push_back(RETORT_TRY(parse_choice(choices.items()[i])).text);
  return reply;
}

Finish anthropic_finish(std::string_view reason) {
  if (reason == "end_turn" || reason == "stop_sequence") return Finish::Stop;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return Finish::Length;
  return Finish::Other;
}

Result<ChatReply> parse_message(const Json& json) {
  if (!json.at_path("content").is_array()) return bad_reply("its content is no list of blocks");
  const std::string_view reason = json.at_path("stop_reason").string_or("");
  if (reason == "refusal") return Error{ErrorCode::Filtered, "the model refused"};
  ChatReply reply;
  reply.finish = anthropic_finish(reason);
  for (const Json& block : json.at_path("content").items()) {
    if (!block.is_object()) return bad_reply("a block of its content is no object");
    reply.text += block.at_path("text").string_or("");
    reply.reasoning += block.at_path("thinking").string_or("");
  }
  return reply;
}

}  // namespace

std::string reply_error_text(std::string_view body) {
  Result<Json> json = parse_json(body);
  std::string_view text;
  if (json) {
    const Json& error = error_of(*json);
    text = error.string_or(error.at_path("message").string_or(""));
    if (text.empty()) text = json->at_path("message").string_or("");
    if (text.empty()) text = json->at_path("detail").string_or("");
  }
  if (text.empty()) text = body;
  if (text.empty()) return "(an empty body)";
  return terminal_safe(text.substr(0, 4 * kErrorTextMax), kErrorTextMax);
}

std::string reply_error_code(std::string_view body) {
  Result<Json> json = parse_json(body);
  if (!json) return {};
  const Json& error = error_of(*json);
  std::string code(error.at_path("code").string_or(""));
  code += " ";
  code += error.at_path("type").string_or("");
  for (char& c : code)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return code == " " ? "" : code;
}

TokenUsage reply_usage(std::string_view body) {
  Result<Json> json = reply_json(body);
  return json ? usage_of(*json) : TokenUsage{};
}

Result<void> check_whole(std::string_view body) {
  if (!looks_like_stream(body)) return {};
  Result<Json> json = join_stream(body);
  return json ? Result<void>() : Result<void>(json.error());
}

Result<ChatReply> parse_chat_reply(std::string_view raw) {
  Result<Json> json = reply_json(raw);
  if (!json) return bad_reply(json.error().message);
  const Json& error = error_of(*json);
  if (error.is_object() || !error.string_or("").empty())
    return bad_reply("an error instead: " + reply_error_text(raw));
  const bool is_message = json->at_path("type").string_or("") == "message";
  ChatReply reply = RETORT_TRY(is_message ? parse_message(*json) : parse_completion(*json));
  const TokenUsage usage = usage_of(*json);
  reply.tokens_in = usage.tokens_in;
  reply.tokens_out = usage.tokens_out;
  return reply;
}

}  // namespace retort
