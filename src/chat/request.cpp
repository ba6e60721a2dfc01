// The request as it is hashed and sent: canonical JSON, so that the same question is the same bytes.
#include "base/format.h"
#include "base/hash.h"
#include "base/json.h"
#include "chat/chat.h"

namespace retort {

std::string chat_request_json(const EndpointOptions& endpoint, const ChatRequest& request) {
  const ChatSampling& sampling = request.sampling;
  Json messages = Json::array();
  for (const ChatMessage& message : request.messages)
    messages.push(Json::object().set("role", message.role).set("content", message.content));
  Json json = Json::object();
  json.set("model", endpoint.model).set("messages", std::move(messages));
  json.set("temperature", sampling.temperature)
      .set("max_tokens", Json(static_cast<long>(sampling.tokens_max)));
  if (sampling.top_p != 1.0) json.set("top_p", sampling.top_p);
  if (request.sample_index > 0) json.set("seed", Json(static_cast<long>(request.sample_index)));
  if (!sampling.stop.empty()) {
    Json stop = Json::array();
    for (const std::string& text : sampling.stop) stop.push(text);
    json.set("stop", std::move(stop));
  }
  return json.canonical();
}

std::string chat_call_key(const EndpointOptions& endpoint, const ChatRequest& request) {
  // JSON holds no raw line break, so the parts cannot run into each other.
  return sha256_hex(format("{}\n{}\n{}\n{}", chat_request_json(endpoint, request), request.sample_index,
                           request.sampling.prompt_hash, endpoint.name));
}

}  // namespace retort
