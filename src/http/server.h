// HTTP in: a small server on loopback, cpp-httplib behind it. Handlers run on its threads, one a connection,
// and must be safe for that. A reply may be a stream that lasts: it holds no thread but its own connection's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"

namespace retort {

struct HttpServerRequest {
  std::string method;
  std::string path;   // decoded, without the query
  std::string query;  // what follows the "?", as it was sent
  std::string body;
  HttpHeaders headers;  // names in lower case
  // Whether the client still waits: false once it has closed its connection, or the server stops. Asked by
  // the handler, on its thread, while it works.
  std::function<bool()> client_waits = [] { return true; };
};

// Sends a piece of a body at once; false when the client has gone, and then nothing more is worth sending.
using HttpSend = std::function<bool(std::string_view)>;

// How a reply is to go wrong, for tests of clients.
struct HttpServerReply {
  int status = 200;
  std::string content_type = "application/json";
  HttpHeaders headers;
  std::string body;
  // Instead of `body`: called once, on the connection's thread, to send the body in pieces. The reply ends
  // when it returns, and is cut where it throws.
  std::function<void(const HttpSend&)> stream = {};
  int64_t delay_ms = 0;    // before the first byte
  int64_t cut_after = -1;  // close the connection after so many body bytes; -1: never
};

struct HttpServerOptions {
  std::string host;                          // empty: 127.0.0.1
  int port = 0;                              // 0: any free one
  size_t body_bytes_max = size_t{64} << 20;  // of a request
  std::function<std::string(int)>
      error_body;  // JSON for what the server itself refuses, by status; empty: none
};

class HttpServer {
 public:
  using Handler = std::function<HttpServerReply(const HttpServerRequest&)>;
  // Starts at once, one thread a connection. host empty: 127.0.0.1; an address that is not of this machine's
  // loopback must be named to be bound. port 0: any free one. Unreachable when the port is taken.
  static Result<std::unique_ptr<HttpServer>> start(const std::string& host, int port, Handler handler);
  static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options, Handler handler);
  virtual ~HttpServer() = default;  // stops and joins
  virtual int port() const = 0;
};

}  // namespace retort
