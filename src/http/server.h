// HTTP in: a small server on loopback, cpp-httplib behind it. Handlers run on its threads and must be safe
// for that.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/client.h"

namespace retort {

struct HttpServerRequest {
  std::string method;
  std::string path;   // decoded, without the query
  std::string query;  // what follows the "?", as it was sent
  std::string body;
  HttpHeaders headers;
};

// How a reply is to go wrong, for tests of clients.
struct HttpServerReply {
  int status = 200;
  std::string content_type = "application/json";
  HttpHeaders headers;
  std::string body;
  int64_t delay_ms = 0;    // before the first byte
  int64_t cut_after = -1;  // close the connection after so many body bytes; -1: never
};

class HttpServer {
 public:
  using Handler = std::function<HttpServerReply(const HttpServerRequest&)>;
  // Starts at once, one thread a connection. host empty: 127.0.0.1; an address that is not of this machine's
  // loopback must be named to be bound. port 0: any free one. Unreachable when the port is taken.
  static Result<std::unique_ptr<HttpServer>> start(const std::string& host, int port, Handler handler);
  virtual ~HttpServer() = default;  // stops and joins
  virtual int port() const = 0;
};

}  // namespace retort
