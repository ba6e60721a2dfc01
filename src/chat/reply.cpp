#include "chat/reply.h"

#include <algorithm>

#include "base/json.h"
#include "base/utf8.h"
#include "chat/chat.h"

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

ReplyUsage usage_of(const Json& reply) {
  auto count = [&](const char* path) { return std::max<int64_t>(0, reply.at_path(path).integer_or(0)); };
  return {count("usage/prompt_tokens"), count("usage/completion_tokens")};
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

ReplyUsage reply_usage(std::string_view body) {
  Result<Json> json = parse_json(body);
  return json ? usage_of(*json) : ReplyUsage{};
}

Result<ChatReply> parse_chat_reply(std::string_view raw) {
  Result<Json> json = parse_json(raw);
  if (!json) return bad_reply(json.error().message);
  const Json& error = error_of(*json);
  if (error.is_object() || !error.string_or("").empty())
    return bad_reply("an error instead: " + reply_error_text(raw));
  const Json& choices = json->at_path("choices");
  if (choices.items().empty()) return bad_reply("it has no choices");
  const Json& choice = choices.items()[0];
  const Json& message = choice.at_path("message");
  const Json* content = message.find("content");
  if (content == nullptr && message.find("refusal") == nullptr)
    return bad_reply("its message has no content");

  ChatReply reply;
  reply.finish = parse_finish(choice.at_path("finish_reason").string_or(""));
  ReplyUsage usage = usage_of(*json);
  reply.tokens_in = usage.tokens_in;
  reply.tokens_out = usage.tokens_out;
  if (reply.finish == Finish::Filter)
    return Error{ErrorCode::Filtered, "the endpoint's content filter cut the reply"};
  if (std::string_view refusal = message.at_path("refusal").string_or(""); !refusal.empty())
    return Error{ErrorCode::Filtered, "refused: " + terminal_safe(refusal, 200)};
  if (content != nullptr) reply.text = RETORT_TRY(content_text(*content));
  // Servers disagree on the name of what a model thought before it spoke.
  reply.reasoning =
      message.at_path("reasoning_content").string_or(message.at_path("reasoning").string_or(""));
  return reply;
}

}  // namespace retort
