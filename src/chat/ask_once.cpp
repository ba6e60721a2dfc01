#include "chat/ask_once.h"

#include "base/format.h"
#include "chat/asking.h"
#include "chat/dialect.h"
#include "chat/reply.h"

namespace retort {
namespace {

ErrorCode code_of(int status) {
  if (status == 401 || status == 403) return ErrorCode::Unauthorized;
  if (status == 429) return ErrorCode::RateLimited;
  return status >= 500 ? ErrorCode::ServerError : ErrorCode::BadRequest;
}

}  // namespace

Result<ChatReply> ask_once(const EndpointOptions& endpoint, const ChatRequest& request,
                           HttpTransport& transport) {
  const Dialect* dialect = RETORT_TRY(find_dialect(endpoint.dialect));
  HttpRequest http;
  http.url = chat_url(endpoint);
  http.headers = {{"content-type", "application/json"}};
  for (auto& header : dialect->key_headers(endpoint.key)) http.headers.push_back(std::move(header));
  http.body = chat_request_json(endpoint, request);
  http.connect_timeout_ms = endpoint.connect_timeout_ms;
  http.timeout_ms = endpoint.timeout_ms;
  transport.start(std::move(http));
  while (transport.in_flight() > 0)
    for (HttpCompletion& done : transport.poll(1'000)) {
      const HttpReply reply = RETORT_TRY(std::move(done.reply));
      if (reply.status == 200) return parse_chat_reply(reply.body);
      return Error{code_of(reply.status), format("{} answered {}: {}", endpoint.base_url, reply.status,
                                                 reply_error_text(reply.body))};
    }
  return Error{ErrorCode::Unreachable, format("{} gave no answer", endpoint.base_url)};
}

}  // namespace retort
