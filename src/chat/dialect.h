// How an endpoint wants to be asked: where its chat API is, how a request is written, which headers carry the
// key, and what it does not offer. Replies say themselves whose they are (chat/reply.h).
//
//   openai            chat completions; also what is right for any server that imitates them
//   openai-reasoning  the same for models that take max_completion_tokens and no temperature
//   vllm, sglang      chat completions, top_k and all
//   llamacpp, ollama  chat completions with one sample a request
//   anthropic         messages
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "chat/chat.h"

namespace retort {

struct Dialect {
  std::string_view name;
  std::string_view path;  // after base_url
  Json (*request)(const EndpointOptions& endpoint, const ChatRequest& request);
  HttpHeaders (*key_headers)(const std::string& key);
  enum class Offer { No, Yes } samples = Offer::No, logprobs = Offer::No;
  double temperature_max = 2;
};

// InvalidArgument names the nearest.
Result<const Dialect*> find_dialect(std::string_view name);
std::vector<std::string> dialect_names();
// What the dialect cannot do for this request, so that it fails before it is paid for.
Result<void> check_offered(const Dialect& dialect, const ChatRequest& request);
// The request as it is written for a stream.
Json streamed(const Dialect& dialect, Json request);

}  // namespace retort
