// One LLM behind an API (chat/dialect.h: OpenAI's chat completions and what follows it, Anthropic's
// messages): asks many requests at once, each exactly once per run. It promises: what the store has as DONE
// is never sent again; a request is SENT in the store before its bytes leave; the raw reply is in the store
// before it is parsed; replies come back in the order of the requests. One I/O loop on the caller's thread
// (http/client.h below), our own queue; all that became ready in one turn of the loop is one transaction.
//
// Retries and waits follow specs/performance_reliability §4.2 (the SDKs' table): connection errors before a
// reply, 408, 409, 429, >= 500; Retry-After in all its forms; full jitter from 0.5 s to 60 s. Never retried:
// 400, 401, 403, 404, 413, 422 and a 429 whose code says quota. An outage is waited out, no row fails of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "chat/pace.h"
#include "chat/price.h"
#include "data/answer.h"
#include "http/client.h"
#include "store/run_store.h"

namespace retort {

struct ChatMessage {
  std::string role;  // "system", "user" or "assistant"
  std::string content;
};

// Sampling of one role. A field at its off value is not sent.
struct ChatSampling {
  double temperature = 0.7;   // always sent
  double top_p = 1.0;         // 1: not sent
  int64_t tokens_max = 1024;  // always sent, as max_tokens
  std::vector<std::string> stop;
  std::string json_schema;  // the text must fit this JSON schema; empty: it is free
  int samples = 1;          // replies to one request, where the dialect offers them at once
  int top_logprobs = 0;     // the most probable tokens at each place; 0: none
  std::string prompt_hash;  // of the role's prompt file: part of the call's key, not of the request
};

struct ChatRequest {
  std::string role;  // for the accounts: "teacher", "referee", "generator"
  std::vector<ChatMessage> messages;
  ChatSampling sampling;
  // A second answer to the same request has another index: part of the call's key, and sent as OpenAI's
  // "seed" when it is > 0 (so that a deterministic server gives another answer).
  int64_t sample_index = 0;
};

struct TokenLogprob {
  std::string token;
  double logprob = 0;
  std::vector<std::pair<std::string, double>> top;
};

struct ChatReply {
  std::string text;
  std::string reasoning;  // what the model thought before, where the server tells it
  Finish finish = Finish::Stop;
  int64_t tokens_in = 0, tokens_out = 0;
  std::vector<std::string> other_samples;  // the second to the last, when several were asked for
  std::vector<TokenLogprob> logprobs;      // of the first
  std::string call_key;
};

// One endpoint of the run file.
struct EndpointOptions {
  std::string name = "teacher";    // part of every call's key
  std::string dialect = "openai";  // chat/dialect.h
  std::string mode = "online";     // or "batch": the dialect's batch API (chat/batch.h)
  std::string base_url;            // "http://127.0.0.1:8080/v1"; the dialect's path is appended
  std::string model;
  std::string key;           // the API key itself, from the environment; empty: no Authorization header
  int concurrency_max = 64;  // requests in flight
  int64_t connect_timeout_ms = 5'000;
  int64_t timeout_ms = 600'000;
  int attempts_max = 8;           // failures of a request while others get through, then it is given up
  int64_t outage_ms = 7'200'000;  // nothing gets through for so long: the run ends, all is left to be asked
  RateLimits limits;              // what is 0 is learnt from the replies' headers
  int64_t stream_above = 8'192;   // a request for more tokens than this is streamed
  Prices prices;
  std::optional<int64_t> money_max;  // what the whole run may cost, in billionths
  uint64_t seed = 0;                 // for the jitter
};

// The canonical request (what is hashed, stored and sent, but for the mark that makes it a stream) and its
// key.
std::string chat_request_json(const EndpointOptions& endpoint, const ChatRequest& request);
std::string chat_call_key(const EndpointOptions& endpoint, const ChatRequest& request);

// Reads a stored reply. BadReply (wrong JSON, no choices, an error object), Filtered, or the reply; a Length
// finish is a reply, not an error.
Result<ChatReply> parse_chat_reply(std::string_view raw);

class Chat {
 public:
  virtual ~Chat() = default;
  // One entry a request, in order. `progress` is called now and then with (finished, all). A failed item is
  // an Error that is also in the store; throws RunError for what ends the run (Unauthorized, QuotaExceeded,
  // DiskFull, Interrupted, BudgetSpent before a request leaves that could pass it, Unreachable when the
  // endpoint never replied, and the last error when nothing got through for outage_ms), once what is in
  // flight has landed.
  virtual std::vector<Result<ChatReply>> ask(std::span<const ChatRequest> requests) = 0;
  std::function<void(size_t done, size_t all)> progress;
};

// `store`, `transport` and `clock` outlive it.
std::unique_ptr<Chat> make_chat(const EndpointOptions& options, RunStore& store, HttpTransport& transport,
                                Clock& clock);

}  // namespace retort
