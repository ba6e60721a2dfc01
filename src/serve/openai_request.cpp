#include "serve/openai_request.h"

#include <algorithm>

#include "base/format.h"
#include "base/json.h"
#include "serve/openai_fields.h"

namespace retort {
namespace {

constexpr size_t kStopsMax = 4;           // OpenAI's
constexpr int64_t kTopMax = 20;           // the same, of a chat
constexpr int64_t kCompletionTopMax = 5;  // the same, of a completion
constexpr int64_t kSamplesMax = 128;      // the same
constexpr size_t kPromptsMax = 256;
constexpr int64_t kDefaultTokens = 16;  // of a completion, as OpenAI's

std::string at(const std::string& place, size_t index, const char* member) {
  return format("{}[{}]{}{}", place, index, *member ? "." : "", member);
}

// A content: a text, or parts of which each is a text.
std::string content_of(ApiFields& fields, const Json* content, const std::string& place) {
  if (content != nullptr && content->is_string()) return std::string(content->string_or(""));
  if (content == nullptr || !content->is_array() || content->size() == 0)
    return fields.wrong_type(place, "a string or an array of text parts"), "";
  std::string text;
  for (size_t i = 0; i < content->items().size(); ++i) {
    const Json& part = content->items()[i];
    const std::string_view type = part.at_path("type").string_or("");
    if (type != "text" || !part.at_path("text").is_string())
      fields.fail({.message = format("'{}' is not a text; this model reads text alone", at(place, i, "")),
                   .param = at(place, i, "type"),
                   .code = "unsupported_value"});
    text += part.at_path("text").string_or("");
  }
  return text;
}

Message message_of(ApiFields& fields, const Json& json, size_t index) {
  const std::string_view said = json.at_path("role").string_or("");
  const std::string role(said == "developer" ? "system" : said);
  if (role != "system" && role != "user" && role != "assistant" && role != "tool")
    fields.fail({.message = format("'{}' must be system, developer, user, assistant or tool",
                                   at("messages", index, "role")),
                 .param = at("messages", index, "role"),
                 .code = "invalid_value"});
  if (const Json& calls = json.at_path("tool_calls"); calls.size() > 0)
    fields.fail({.message = "calls of tools are not supported: the student was taught to answer in text",
                 .param = at("messages", index, "tool_calls"),
                 .code = "unsupported_parameter"});
  return {role, content_of(fields, json.find("content"), at("messages", index, "content"))};
}

void read_chat(ApiFields& fields, CompletionRequest& request) {
  const Json* messages = fields.any("messages");
  if (messages == nullptr)
    return fields.fail({.message = "the request has no 'messages'",
                        .param = "messages",
                        .code = "missing_required_parameter"});
  if (!messages->is_array()) return fields.wrong_type("messages", "an array of messages");
  if (messages->size() == 0)
    return fields.fail(
        {.message = "'messages' is empty; give at least one", .param = "messages", .code = "empty_array"});
  for (size_t i = 0; i < messages->items().size(); ++i)
    request.messages.push_back(message_of(fields, messages->items()[i], i));
  // The newer name counts.
  const auto older = fields.integer("max_tokens", 1, INT32_MAX);
  request.settings.tokens_max = fields.integer("max_completion_tokens", 1, INT32_MAX);
  if (!request.settings.tokens_max) request.settings.tokens_max = older;
  if (fields.flag("logprobs")) request.settings.detail = TokenDetail::LogProbabilities;
  if (const auto top = fields.integer("top_logprobs", 0, kTopMax)) {
    if (*top > 0 && request.settings.detail == TokenDetail::None)
      fields.fail({.message = "'top_logprobs' needs 'logprobs' to be true",
                   .param = "top_logprobs",
                   .code = "invalid_value"});
    request.settings.likeliest = *top;
  }
  if (const Json* form = fields.any("response_format"); form && form->at_path("type").string_or("") != "text")
    fields.fail({.message = "only the response format \"text\" is supported",
                 .param = "response_format",
                 .code = "unsupported_value"});
  for (const char* name : {"tools", "functions"})
    fields.refuse(name, "the student was taught to answer in text");
  for (const char* name : {"audio", "prediction", "web_search_options"})
    fields.refuse(name, "this model reads and writes text alone");
  if (const Json* choice = fields.any("tool_choice");
      choice && choice->string_or("") != "none" && choice->string_or("") != "auto")
    fields.refuse("tool_choice", "there are no tools");
  fields.refuse("function_call", "there are no functions");
  for (const char* name :
       {"store", "metadata", "parallel_tool_calls", "reasoning_effort", "modalities", "verbosity"})
    fields.ignore(name);
}

// Token ids, or nothing when it is not an array of them.
std::optional<std::vector<int32_t>> ids_of(const Json& json) {
  std::vector<int32_t> ids;
  for (const Json& one : json.items()) {
    if (!one.is_integer() || one.integer_or(-1) < 0 || one.integer_or(-1) > INT32_MAX) return std::nullopt;
    ids.push_back(static_cast<int32_t>(one.integer_or(0)));
  }
  return json.is_array() && !ids.empty() ? std::optional(std::move(ids)) : std::nullopt;
}

void read_prompts(ApiFields& fields, CompletionRequest& request) {
  const Json* prompt = fields.any("prompt");
  if (prompt == nullptr)
    return fields.fail(
        {.message = "the request has no 'prompt'", .param = "prompt", .code = "missing_required_parameter"});
  const Json::Array one = {*prompt};
  const Json::Array& all = ids_of(*prompt) || !prompt->is_array() ? one : prompt->items();
  if (all.empty() || all.size() > kPromptsMax)
    return fields.fail(
        {.message = format("'prompt' has {} elements; from 1 to {} are taken", all.size(), kPromptsMax),
         .param = "prompt",
         .code = all.empty() ? "empty_array" : "array_above_max_length"});
  for (const Json& each : all) {
    if (auto ids = ids_of(each))
      request.prompts.emplace_back(std::move(*ids));
    else if (each.is_string())
      request.prompts.emplace_back(std::string(each.string_or("")));
    else
      return fields.wrong_type("prompt", "a text, an array of texts, or token ids");
  }
}

void read_completion(ApiFields& fields, CompletionRequest& request) {
  read_prompts(fields, request);
  request.settings.tokens_max = fields.integer("max_tokens", 1, INT32_MAX).value_or(kDefaultTokens);
  if (const auto top = fields.integer("logprobs", 0, kCompletionTopMax)) {
    request.settings.detail = TokenDetail::LogProbabilities;
    request.settings.likeliest = *top;
  }
  fields.refuse("echo", "the reply holds what was added alone");
  fields.refuse("suffix", "this model writes forwards only");
  if (const auto best = fields.integer("best_of", 1, kSamplesMax); best && *best != request.settings.samples)
    fields.fail({.message = "'best_of' is supported only where it equals 'n'",
                 .param = "best_of",
                 .code = "unsupported_value"});
}

void read_settings(ApiFields& fields, CompletionRequest& request, uint64_t fresh_seed) {
  LiveSettings& s = request.settings;
  s.samples = fields.integer("n", 1, kSamplesMax).value_or(1);
  s.temperature = fields.number("temperature", 0, 2).value_or(1);
  // Nothing but the likeliest token lies within a share of 0.
  s.top_p = std::max(1e-9, fields.number("top_p", 0, 1).value_or(1));
  s.seed = static_cast<uint64_t>(
      fields.integer("seed", INT64_MIN, INT64_MAX).value_or(static_cast<int64_t>(fresh_seed)));
  s.stop = fields.texts("stop", kStopsMax);
  // Beyond OpenAI's, under the names that other local servers give them.
  s.top_k = fields.integer("top_k", 0, INT32_MAX).value_or(0);
  s.min_p = fields.number("min_p", 0, 1).value_or(0);
  s.repetition_penalty = fields.number("repetition_penalty", 0.1, 10).value_or(1);
  if (fields.flag("ignore_eos")) s.end = LiveEnd::TokensMax;
  request.streams = fields.flag("stream");
  if (const Json* options = fields.any("stream_options")) {
    if (!request.streams)
      fields.fail({.message = "'stream_options' needs 'stream' to be true",
                   .param = "stream_options",
                   .code = "invalid_value"});
    request.tells_usage = options->at_path("include_usage").bool_or(false);
  }
  for (const char* name : {"presence_penalty", "frequency_penalty"})
    fields.refuse(name, "give repetition_penalty instead");
  fields.refuse("logit_bias", "tokens cannot be favoured one by one");
  for (const char* name : {"user", "service_tier", "safety_identifier", "prompt_cache_key"})
    fields.ignore(name);
}

}  // namespace

std::variant<CompletionRequest, ApiError> parse_completion(Endpoint endpoint, std::string_view body,
                                                           uint64_t fresh_seed) {
  const Result<Json> json = parse_json(body);
  if (!json) return ApiError{.message = "the body is not JSON: " + json.error().message};
  if (!json->is_object()) return ApiError{.message = "the body must be one JSON object"};
  ApiFields fields(*json);
  CompletionRequest request{.endpoint = endpoint};
  request.model = fields.required_text("model");
  read_settings(fields, request, fresh_seed);
  if (endpoint == Endpoint::Chat)
    read_chat(fields, request);
  else
    read_completion(fields, request);
  fields.refuse_others();
  if (fields.error()) return *fields.error();
  return request;
}

}  // namespace retort
