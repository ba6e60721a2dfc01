// The request as it is hashed and sent: canonical JSON, so that the same question is the same bytes.
#include "base/format.h"
#include "base/hash.h"
#include "chat/asking.h"
#include "chat/dialect.h"

namespace retort {

std::string chat_request_json(const EndpointOptions& endpoint, const ChatRequest& request) {
  return or_throw(find_dialect(endpoint.dialect))->request(endpoint, request).canonical();
}

std::string chat_call_key(const EndpointOptions& endpoint, const ChatRequest& request) {
  // JSON holds no raw line break, so the parts cannot run into each other.
  return sha256_hex(format("{}\n{}\n{}\n{}", chat_request_json(endpoint, request), request.sample_index,
                           request.sampling.prompt_hash, endpoint.name));
}

std::string chat_url(const EndpointOptions& endpoint) {
  const std::string_view path = or_throw(find_dialect(endpoint.dialect))->path;
  std::string url = endpoint.base_url;
  while (url.ends_with('/')) url.pop_back();
  return url.ends_with(path) ? url : url.append(path);
}

}  // namespace retort
