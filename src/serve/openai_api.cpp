#include "serve/openai_api.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/json.h"
#include "serve/openai_reply.h"
#include "serve/view_guard.h"

namespace retort {
namespace {

// How often a thread that waits for tokens looks whether its client does.
constexpr int64_t kLookMs = 200;
constexpr std::array kPaths = {"/v1/chat/completions", "/v1/completions", "/v1/models", "/health",
                               "/metrics"};

uint64_t fresh_seed() { return fnv1a64(make_key()); }

ApiError method_error(const HttpServerRequest& request) {
  return {.status = 405,
          .message = format("{} is not taken by {}", request.method, request.path),
          .code = "method_not_supported"};
}

ApiError too_long(const CompletionRequest& request, size_t tokens, int64_t context) {
  const char* member = request.endpoint == Endpoint::Chat ? "messages" : "prompt";
  return {.message = format("this model's maximum context length is {} tokens, but the {} came to {} tokens; "
                            "shorten them so that room is left for an answer",
                            context, member, tokens),
          .param = member,
          .code = "context_length_exceeded"};
}

// What the engine says, as the API says it.
ApiError engine_error(const Error& error) {
  if (error.code == ErrorCode::RateLimited)
    return {.status = 503, .message = error.message, .type = "server_error", .code = "overloaded"};
  return {.status = 500,
          .message = "the model failed: " + error.message,
          .type = "server_error",
          .code = "internal_error"};
}

// A model that is not there, or could not be opened.
ApiError model_error(const Error& error) {
  if (error.code == ErrorCode::NotFound)
    return {.status = 404, .message = error.message, .param = "model", .code = "model_not_found"};
  return {.status = 500,
          .message = "the model could not be opened: " + error.message,
          .type = "server_error",
          .code = "internal_error"};
}

// The draws of `retort generate` for the same instruction and seed.
uint64_t stream_of(const CompletionRequest& request) {
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message)
    if (message->role == "user") return fnv1a64(message->content);
  return 0;
}

std::variant<std::vector<LiveRequest>, ApiError> prompts_of(const CompletionRequest& request,
                                                            const LiveStudent& model) {
  std::vector<LiveRequest> prompts;
  if (request.endpoint == Endpoint::Chat) {
    Result<std::vector<int32_t>> tokens = model.prompt(request.messages);
    if (!tokens)
      return ApiError{
          .message = "the model's chat template refuses these messages: " + tokens.error().message,
          .param = "messages",
          .code = "invalid_value"};
    prompts.push_back({*std::move(tokens), stream_of(request), request.settings});
  }
  for (const CompletionRequest::TextPrompt& prompt : request.prompts) {
    const auto* text = std::get_if<std::string>(&prompt);
    std::vector<int32_t> tokens = text ? model.text_prompt(*text) : std::get<std::vector<int32_t>>(prompt);
    prompts.push_back({std::move(tokens), prompts.size(), request.settings, LiveRequest::Text::Plain});
  }
  for (const LiveRequest& prompt : prompts) {
    if (prompt.prompt.empty())
      return ApiError{.message = "'prompt' holds no token; give at least a character",
                      .param = "prompt",
                      .code = "invalid_value"};
    for (int32_t token : prompt.prompt)
      if (token >= model.vocabulary())
        return ApiError{
            .message = format("'prompt' holds token {}; this model has {}", token, model.vocabulary()),
            .param = "prompt",
            .code = "invalid_value"};
    if (static_cast<int64_t>(prompt.prompt.size()) >= model.context())
      return too_long(request, prompt.prompt.size(), model.context());
  }
  return prompts;
}

}  // namespace

struct OpenAiApi::Begun {
  std::shared_ptr<ServeEngine> engine;  // outlives the ticket
  std::unique_ptr<ServeEngine::Ticket> ticket;
  ReplyWriter writer;
  int64_t began_ms;
};

OpenAiApi::OpenAiApi(ModelShelf& models, Clock& clock, OpenAiOptions options)
    : models_(models), clock_(clock), options_(std::move(options)), created_(clock.wall_ms() / 1'000) {}

std::optional<HttpServerReply> OpenAiApi::respond(const HttpServerRequest& request) {
  const bool known = std::find(kPaths.begin(), kPaths.end(), request.path) != kPaths.end();
  const bool model = request.path.starts_with("/v1/models/");
  if (!known && !model && !request.path.starts_with("/v1/")) return std::nullopt;
  HttpServerReply reply;
  if (std::optional<std::string> why = refusal(request, options_.hosts))
    reply = error_reply({.status = 403, .message = *why, .code = "forbidden"});
  else if (request.path != "/health" && !is_allowed(request))
    reply = error_reply({.status = 401,
                         .message = "the API key is missing or wrong; give the one that the server was "
                                    "started with as \"Authorization: Bearer KEY\"",
                         .code = "invalid_api_key"});
  else
    reply = route(request);
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  metrics_.count_reply(known ? request.path : model ? "/v1/models/" : "other", reply.status);
  return reply;
}

bool OpenAiApi::is_allowed(const HttpServerRequest& request) const {
  if (options_.api_key.empty()) return true;
  for (const auto& [name, value] : request.headers)
    if (name == "authorization" && same_key(value, "Bearer " + options_.api_key)) return true;
  return false;
}

HttpServerReply OpenAiApi::route(const HttpServerRequest& request) {
  const bool is_chat = request.path == "/v1/chat/completions";
  if (is_chat || request.path == "/v1/completions") {
    if (request.method != "POST") return error_reply(method_error(request));
    return complete(is_chat ? Endpoint::Chat : Endpoint::Completions, request);
  }
  if (request.method != "GET" && request.method != "HEAD") return error_reply(method_error(request));
  if (request.path == "/v1/models") return models_reply("");
  constexpr std::string_view kModel = "/v1/models/";
  if (request.path.size() > kModel.size() && request.path.starts_with(kModel))
    return models_reply(std::string_view(request.path).substr(kModel.size()));
  if (request.path == "/metrics")
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = metrics_.text(models_.main().figures())};
  if (request.path == "/health") {
    const std::optional<Error> failure = models_.main().failure();
    return {.status = failure ? 503 : 200,
            .body = Json::object().set("status", failure ? "failed" : "ok").dump()};
  }
  return error_reply(
      {.status = 404, .message = format("there is no {} {} here", request.method, request.path)});
}

// All of them, or the one that is wanted.
HttpServerReply OpenAiApi::models_reply(std::string_view wanted) const {
  Json list = Json::array();
  const std::vector<std::string> names = models_.names();
  for (const std::string& name : names) {
    Json model = Json::object().set("id", name).set("object", "model").set("created", created_);
    model.set("owned_by", "retort");
    if (name == names.front()) model.set("context_length", models_.main().model().context());
    if (name == wanted) return {.body = model.dump()};
    list.push(std::move(model));
  }
  if (wanted.empty())
    return {.body = Json::object().set("object", "list").set("data", std::move(list)).dump()};
  return error_reply(model_error(models_.missing(wanted)));
}

HttpServerReply OpenAiApi::complete(Endpoint endpoint, const HttpServerRequest& http) {
  const int64_t began = clock_.monotonic_ms();
  auto parsed = parse_completion(endpoint, http.body, fresh_seed());
  if (const ApiError* error = std::get_if<ApiError>(&parsed)) return error_reply(*error);
  const CompletionRequest& request = std::get<CompletionRequest>(parsed);
  const Result<std::shared_ptr<ServeEngine>> engine = models_.find(request.model);
  if (!engine) return error_reply(model_error(engine.error()));
  auto made = prompts_of(request, (*engine)->model());
  if (const ApiError* error = std::get_if<ApiError>(&made)) return error_reply(*error);
  std::vector<LiveRequest>& prompts = std::get<std::vector<LiveRequest>>(made);
  int64_t tokens = 0;
  for (const LiveRequest& prompt : prompts) tokens += static_cast<int64_t>(prompt.prompt.size());
  const char* prefix = endpoint == Endpoint::Chat ? "chatcmpl-" : "cmpl-";
  ReplyHead head{prefix + make_key().substr(0, 29), request.model, "retort-" + (*engine)->model().precision(),
                 clock_.wall_ms() / 1'000};
  ReplyWriter writer(request, std::move(head), tokens, prompts.size());
  auto ticket = (*engine)->submit(std::move(prompts),
                                  request.streams ? ServeEngine::Wake::EachPiece : ServeEngine::Wake::AtEnd);
  if (!ticket) return error_reply(engine_error(ticket.error()));
  Begun begun{*engine, *std::move(ticket), std::move(writer), began};
  if (!request.streams) return reply_whole(std::move(begun), http.client_waits);
  HttpServerReply reply{.content_type = "text/event-stream", .headers = {{"Cache-Control", "no-cache"}}};
  auto shared = std::make_shared<Begun>(std::move(begun));
  reply.stream = [this, shared](const HttpSend& send) { send_stream(*shared, send); };
  return reply;
}

HttpServerReply OpenAiApi::reply_whole(Begun begun, const std::function<bool()>& client_waits) {
  while (!begun.ticket->is_done()) {
    Result<std::vector<LivePiece>> pieces = begun.ticket->wait(kLookMs);
    if (!pieces) return error_reply(engine_error(pieces.error()));
    for (const LivePiece& piece : *pieces) begun.writer.take(piece);
    if (!begun.ticket->is_done() && !client_waits()) {
      metrics_.count_disconnect();
      return {.status = 499};  // nobody reads it
    }
  }
  metrics_.note_completion(static_cast<double>(clock_.monotonic_ms() - begun.began_ms) / 1e3,
                           begun.writer.made_tokens());
  return {.body = begun.writer.whole()};
}

void OpenAiApi::send_stream(Begun& begun, const HttpSend& send) {
  bool is_there = send(begun.writer.opening());
  bool is_first = true;
  while (is_there && !begun.ticket->is_done()) {
    Result<std::vector<LivePiece>> pieces = begun.ticket->wait(kLookMs);
    if (!pieces) {
      send("data: " + error_body(engine_error(pieces.error())) + "\n\n");
      return;
    }
    std::string events;
    for (const LivePiece& piece : *pieces) events += begun.writer.event(piece);
    if (is_first && !pieces->empty()) {
      metrics_.note_first_token(static_cast<double>(clock_.monotonic_ms() - begun.began_ms) / 1e3);
      is_first = false;
    }
    is_there = send(events);  // nothing to send: asks whether the client is there
  }
  if (!is_there || !send(begun.writer.closing())) {
    metrics_.count_disconnect();
    begun.ticket.reset();
    return;
  }
  metrics_.note_completion(static_cast<double>(clock_.monotonic_ms() - begun.began_ms) / 1e3,
                           begun.writer.made_tokens());
}

}  // namespace retort
