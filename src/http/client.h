// HTTP out: many requests at once on the caller's thread. Bytes and headers, no domain. libcurl (multi
// interface) behind an interface, so that tests and the simulator can put in a transport of their own.
// Redirects are not followed; https only, but for loopback hosts; TLS always verified.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace retort {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct HttpRequest {
  uint64_t id = 0;  // the caller's; comes back with the completion
  std::string method = "POST";
  std::string url;
  HttpHeaders headers;
  std::string body;
  int64_t connect_timeout_ms = 5'000;
  int64_t timeout_ms = 600'000;
  int64_t stall_ms = 0;                      // the longest pause within the reply; 0: any, up to the timeout
  size_t body_bytes_max = size_t{64} << 20;  // a longer reply is an error, not memory
};

struct HttpReply {
  int status = 0;
  HttpHeaders headers;
  std::string body;
  std::string_view header(std::string_view lower_case_name) const;  // empty when absent
};

struct HttpCompletion {
  uint64_t id = 0;
  Result<HttpReply> reply;  // an Error: Unreachable, Timeout, BadReply (too large, broken)
  // Whether any byte of the request may have reached the server (false: surely not charged).
  bool may_have_arrived = false;
  int64_t latency_ms = 0;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // Bytes leave in poll(), never here. What cannot be sent at all comes back as a completion too.
  virtual void start(HttpRequest request) = 0;
  // Waits up to `wait_ms` for something to finish; returns all that did (possibly none). Returns at once when
  // nothing is in flight, and early (with nothing) when a signal arrives.
  virtual std::vector<HttpCompletion> poll(int64_t wait_ms) = 0;
  virtual size_t in_flight() const = 0;
};

// Errors: InvalidArgument (the address or a header cannot be used; never sent), Unreachable (no connection,
// or it ended before the whole reply was here), Timeout, BadReply (longer than allowed, or no HTTP). A
// request whose body may have reached the server is never sent a second time behind the caller's back.
std::unique_ptr<HttpTransport> make_curl_transport(int connections_max);

// "Sun, 06 Nov 1994 08:49:37 GMT" (or one of HTTP's two older forms) as seconds since 1970.
std::optional<int64_t> parse_http_date(std::string_view text);

}  // namespace retort
