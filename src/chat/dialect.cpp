#include "chat/dialect.h"

#include "base/fields.h"
#include "base/format.h"

namespace retort {
namespace {

constexpr std::string_view kAnthropic = "anthropic";

Json integer(int64_t value) { return Json(static_cast<long>(value)); }

Json stop_list(const std::vector<std::string>& stop) {
  Json list = Json::array();
  for (const std::string& text : stop) list.push(text);
  return list;
}

Json schema_of(const ChatSampling& sampling) { return or_throw(parse_json(sampling.json_schema)); }

void add_openai_extras(const ChatRequest& request, Json& json) {
  const ChatSampling& sampling = request.sampling;
  if (sampling.top_p != 1.0) json.set("top_p", sampling.top_p);
  if (request.sample_index > 0) json.set("seed", integer(request.sample_index));
  if (!sampling.stop.empty()) json.set("stop", stop_list(sampling.stop));
  if (sampling.samples > 1) json.set("n", sampling.samples);
  if (sampling.top_logprobs > 0) json.set("logprobs", true).set("top_logprobs", sampling.top_logprobs);
  if (!sampling.json_schema.empty()) {
    Json schema = Json::object();
    schema.set("name", "reply").set("strict", true).set("schema", schema_of(sampling));
    json.set("response_format",
             Json::object().set("type", "json_schema").set("json_schema", std::move(schema)));
  }
}

Json openai_messages(const EndpointOptions& endpoint, const ChatRequest& request) {
  Json messages = Json::array();
  for (const ChatMessage& message : request.messages)
    messages.push(Json::object().set("role", message.role).set("content", message.content));
  return Json::object().set("model", endpoint.model).set("messages", std::move(messages));
}

Json openai_request(const EndpointOptions& endpoint, const ChatRequest& request) {
  Json json = openai_messages(endpoint, request);
  json.set("temperature", request.sampling.temperature)
      .set("max_tokens", integer(request.sampling.tokens_max));
  add_openai_extras(request, json);
  return json;
}

Json openai_reasoning_request(const EndpointOptions& endpoint, const ChatRequest& request) {
  Json json = openai_messages(endpoint, request);
  json.set("max_completion_tokens", integer(request.sampling.tokens_max));
  add_openai_extras(request, json);
  return json;
}

// System messages stand apart, and the messages must begin with the user's.
Json anthropic_request(const EndpointOptions& endpoint, const ChatRequest& request) {
  const ChatSampling& sampling = request.sampling;
  std::string system;
  Json messages = Json::array();
  for (const ChatMessage& message : request.messages) {
    if (message.role == "system")
      system += (system.empty() ? "" : "\n\n") + message.content;
    else
      messages.push(Json::object().set("role", message.role).set("content", message.content));
  }
  Json json = Json::object();
  json.set("model", endpoint.model).set("messages", std::move(messages));
  json.set("max_tokens", integer(sampling.tokens_max)).set("temperature", sampling.temperature);
  if (!system.empty()) json.set("system", system);
  if (sampling.top_p != 1.0) json.set("top_p", sampling.top_p);
  if (!sampling.stop.empty()) json.set("stop_sequences", stop_list(sampling.stop));
  if (!sampling.json_schema.empty()) {
    Json form = Json::object().set("type", "json_schema").set("schema", schema_of(sampling));
    json.set("output_config", Json::object().set("format", std::move(form)));
  }
  return json;
}

HttpHeaders bearer(const std::string& key) {
  if (key.empty()) return {};
  return {{"authorization", "Bearer " + key}};
}

HttpHeaders anthropic_headers(const std::string& key) {
  HttpHeaders headers = {{"anthropic-version", "2023-06-01"}};
  if (!key.empty()) headers.emplace_back("x-api-key", key);
  return headers;
}

constexpr auto kYes = Dialect::Offer::Yes, kNo = Dialect::Offer::No;
constexpr std::string_view kCompletions = "/chat/completions";
constexpr Dialect kDialects[] = {
    {"openai", kCompletions, openai_request, bearer, kYes, kYes},
    {"openai-reasoning", kCompletions, openai_reasoning_request, bearer, kYes, kNo},
    {"vllm", kCompletions, openai_request, bearer, kYes, kYes},
    {"sglang", kCompletions, openai_request, bearer, kYes, kYes},
    {"llamacpp", kCompletions, openai_request, bearer, kNo, kYes},
    {"ollama", kCompletions, openai_request, bearer, kNo, kYes},
    {kAnthropic, "/messages", anthropic_request, anthropic_headers, kNo, kNo, 1},
};

Error not_offered(const Dialect& dialect, std::string_view what) {
  return {ErrorCode::InvalidArgument, format("the dialect {} offers no {}", dialect.name, what)};
}

}  // namespace

Result<const Dialect*> find_dialect(std::string_view name) {
  for (const Dialect& dialect : kDialects)
    if (dialect.name == name) return &dialect;
  std::string near = nearest_name(name, dialect_names());
  return Error{ErrorCode::InvalidArgument,
               format("no provider is called \"{}\"; {}", name,
                      near.empty() ? "openai fits most servers" : format("did you mean \"{}\"?", near))};
}

std::vector<std::string> dialect_names() {
  std::vector<std::string> names;
  for (const Dialect& dialect : kDialects) names.emplace_back(dialect.name);
  return names;
}

Result<void> check_offered(const Dialect& dialect, const ChatRequest& request) {
  const ChatSampling& sampling = request.sampling;
  if (sampling.samples > 1 && dialect.samples == kNo)
    return not_offered(dialect, "several samples of one request; ask with several sample indices");
  if (sampling.top_logprobs > 0 && dialect.logprobs == kNo) return not_offered(dialect, "log-probabilities");
  if (sampling.temperature > dialect.temperature_max)
    return not_offered(dialect, format("temperature above {}", dialect.temperature_max));
  if (!sampling.json_schema.empty())
    if (Result<Json> schema = parse_json(sampling.json_schema); !schema || !schema->is_object())
      return Error{ErrorCode::InvalidArgument, "the JSON schema of the reply is no JSON object"};
  return {};
}

Json streamed(const Dialect& dialect, Json request) {
  request.set("stream", true);
  // Without this the last event has no usage, and the bill could only be guessed.
  if (dialect.name != kAnthropic) request.set("stream_options", Json::object().set("include_usage", true));
  return request;
}

}  // namespace retort
