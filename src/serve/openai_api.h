// A model behind the API of OpenAI: /v1/chat/completions, /v1/completions, /v1/models; beside them /health
// and /metrics. HTTP threads read and write here, the engine's thread makes the tokens. docs/serve.md says
// what is supported.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/server.h"
#include "serve/model_shelf.h"
#include "serve/openai_error.h"
#include "serve/openai_request.h"
#include "serve/serve_metrics.h"

namespace retort {

struct OpenAiOptions {
  std::string api_key;  // asked for as "Authorization: Bearer ..." by all but /health; empty: none
  // Hosts as a client writes them ("box.example:8080") that are let in besides loopback's names.
  std::vector<std::string> hosts;
};

class OpenAiApi {
 public:
  // Both must outlive it and every stream it gave.
  OpenAiApi(ModelShelf& models, Clock& clock, OpenAiOptions options);
  // The answer to a request for one of its paths, refusals included; nothing for any other path, which is
  // another's. Safe on several threads.
  std::optional<HttpServerReply> respond(const HttpServerRequest& request);

 private:
  struct Begun;  // a completion under way
  HttpServerReply route(const HttpServerRequest& request);
  HttpServerReply complete(Endpoint endpoint, const HttpServerRequest& request);
  HttpServerReply reply_whole(Begun begun, const std::function<bool()>& client_waits);
  void send_stream(Begun& begun, const HttpSend& send);
  HttpServerReply models_reply(std::string_view wanted) const;
  bool is_allowed(const HttpServerRequest& request) const;

  ModelShelf& models_;
  Clock& clock_;
  OpenAiOptions options_;
  int64_t created_;  // seconds since 1970
  ServeMetrics metrics_;
};

}  // namespace retort
