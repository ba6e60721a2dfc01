// The one door to cpp-httplib: it parses requests and writes replies; sockets, threads and stopping are ours
// (socket_stream.h, connections.h), because its own pool serves only as many connections as it has threads,
// polls idle ones a hundred times a second, and waits for them when it stops.
#include <httplib.h>
#include <unistd.h>

#include <thread>

#include "base/format.h"
#include "base/log.h"
#include "http/connections.h"
#include "http/server.h"
#include "http/socket_stream.h"

namespace retort {
namespace {

constexpr size_t kConnectionsMax = 4096;
constexpr int64_t kIdleTimeoutMs = 120'000;  // longer than clients keep theirs, so that they close first
constexpr int64_t kStallTimeoutMs = 30'000;  // between two bytes of one request or reply

// httplib's view of a socket. Its interface grew over the versions: without `override` the members fit all.
class ServerStream : public httplib::Stream {
 public:
  explicit ServerStream(int socket) : bytes_(socket, kStallTimeoutMs) {}
  SocketStream& bytes() { return bytes_; }

  bool is_readable() const final { return true; }
  virtual bool wait_readable() const { return true; }
  virtual bool wait_writable() const { return true; }
  bool is_writable() const { return true; }
  virtual time_t duration() const { return 0; }
  ssize_t read(char* bytes, size_t size) final { return bytes_.read(bytes, size); }
  ssize_t write(const char* bytes, size_t size) final { return bytes_.write(bytes, size); }
  void get_remote_ip_and_port(std::string&, int&) const final {}
  void get_local_ip_and_port(std::string&, int&) const final {}
  socket_t socket() const final { return bytes_.socket(); }

 private:
  SocketStream bytes_;
};

// The connection that this thread serves: httplib does not hand it to the handler.
thread_local SocketStream* connection = nullptr;

HttpServerRequest take_request(const httplib::Request& from) {
  HttpServerRequest request{.method = from.method, .path = from.path, .body = from.body};
  request.client_waits = [peer = connection] { return peer->is_open(); };
  if (size_t mark = from.target.find('?'); mark != std::string::npos)
    request.query = from.target.substr(mark + 1);
  for (const auto& [name, value] : from.headers) {
    std::string lower = name;
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    request.headers.emplace_back(std::move(lower), value);
  }
  return request;
}

// Pieces leave as they come. A client that goes away is noticed by the next send.
void give_stream(HttpServerReply reply, httplib::Response& to) {
  auto provide = [stream = std::move(reply.stream), peer = connection](size_t, httplib::DataSink& sink) {
    bool is_good = peer->flush();  // the headers: the first piece may be long in coming
    try {
      stream([&](std::string_view piece) {
        is_good = is_good && peer->is_open() && (piece.empty() || sink.write(piece.data(), piece.size())) &&
                  peer->flush();
        return is_good;
      });
    } catch (const std::exception& e) {
      // The request boundary as well: httplib catches nothing here. The reply is cut, so that no client takes
      // it for whole.
      log_warning("a stream ended: {}", e.what());
      return false;
    }
    if (is_good) sink.done();
    return is_good;
  };
  to.set_chunked_content_provider(reply.content_type, provide);
}

void give_reply(HttpServerReply reply, httplib::Response& to) {
  to.status = reply.status;
  for (const auto& [name, value] : reply.headers) to.set_header(name, value);
  if (reply.stream) return give_stream(std::move(reply), to);
  if (reply.cut_after < 0 || reply.cut_after >= static_cast<int64_t>(reply.body.size())) {
    to.set_header("Content-Type", reply.content_type);
    to.body = std::move(reply.body);
    return;
  }
  // The whole length is promised, a part is sent, and the provider's failure closes the connection.
  size_t whole = reply.body.size();
  std::string part = reply.body.substr(0, static_cast<size_t>(reply.cut_after));
  to.set_content_provider(whole, reply.content_type,
                          [part = std::move(part)](size_t, size_t, httplib::DataSink& sink) {
                            sink.write(part.data(), part.size());
                            return false;
                          });
}

// What httplib would run on its pool (accepted connections), each on a thread of its own.
class Spawner : public httplib::TaskQueue {
 public:
  explicit Spawner(Connections& connections) : connections_(connections) {}
  // Later versions return whether it was taken, this one nothing: `auto` cannot be virtual, hence the alias.
  using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));
  Taken enqueue(std::function<void()> serve) override {
    connections_.spawn(std::move(serve));
    return Taken(true);
  }
  void shutdown() override { connections_.stop(); }

 private:
  Connections& connections_;
};

class Listener : public httplib::Server {
 public:
  Listener(const HttpServerOptions& options, HttpServer::Handler handler)
      : handler_(std::move(handler)), connections_(kConnectionsMax) {
    new_task_queue = [this] { return new Spawner(connections_); };
    set_tcp_nodelay(true);
    set_payload_max_length(options.body_bytes_max);
    if (options.error_body)
      set_error_handler([body = options.error_body](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty()) response.set_content(body(response.status), "application/json");
      });
    // Only what the Keep-Alive header says: the waiting is done below.
    set_keep_alive_timeout(kIdleTimeoutMs / 1000);
    set_keep_alive_max_count(1'000'000);
    // httplib's default shares the port with any other process that asks for it.
    set_socket_options([](socket_t socket) {
      int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      respond(request, response);
    };
    const char* any = R"([\s\S]*)";
    Get(any, answer)
        .Post(any, answer)
        .Put(any, answer)
        .Patch(any, answer)
        .Delete(any, answer)
        .Options(any, answer);
  }

  // The backlog that httplib gives is 5: a burst of clients would wait a second for the kernel's second try.
  void widen_backlog() { ::listen(svr_sock_, 1024); }
  Connections& connections() { return connections_; }

 private:
  void respond(const httplib::Request& request, httplib::Response& response);
  bool process_and_close_socket(socket_t socket) override;
  // Reads one request and writes its reply. A template, because httplib's own function got more parameters.
  template <class Self>
  static bool serve_one(Self& self, httplib::Stream& stream, bool& closed) {
    if constexpr (requires { self.process_request(stream, false, closed, nullptr); })
      return self.process_request(stream, false, closed, nullptr);
    else
      return self.process_request(stream, "", 0, "", 0, false, closed, nullptr);
  }

  HttpServer::Handler handler_;
  Connections connections_;
};

void Listener::respond(const httplib::Request& request, httplib::Response& response) {
  HttpServerReply reply;
  try {
    reply = handler_(take_request(request));
  } catch (const std::exception& e) {
    // The request boundary: one request's failure is not the server's.
    log_warning("{} {}: {}", request.method, request.path, e.what());
    reply = {500, "text/plain", {}, "internal error\n"};
  }
  if (reply.delay_ms > 0) connections_.sleep_ms(reply.delay_ms);
  give_reply(std::move(reply), response);
}

bool Listener::process_and_close_socket(socket_t socket) {
  ServerStream stream(socket);
  connection = &stream.bytes();
  bool good = connections_.enter(socket);
  while (good && stream.bytes().wait_readable(kIdleTimeoutMs)) {
    bool closed = false;
    good = serve_one(*this, stream, closed);
    good = stream.bytes().flush() && good && !closed;
  }
  connections_.leave(socket);
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return good;
}

class HttplibServer : public HttpServer {
 public:
  HttplibServer(const HttpServerOptions& options, Handler handler) : listener_(options, std::move(handler)) {}
  ~HttplibServer() override {
    if (!thread_.joinable()) return;
    listener_.stop();
    thread_.join();
  }
  bool bind(const std::string& host, int port) {
    port_ = port == 0 ? listener_.bind_to_any_port(host) : listener_.bind_to_port(host, port) ? port : -1;
    return port_ > 0;
  }
  void run() {
    listener_.widen_backlog();
    thread_ = std::thread([this] { listener_.listen_after_bind(); });
    // stop() is heard only by a server that runs.
    while (!listener_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  int port() const override { return port_; }

 private:
  Listener listener_;
  std::thread thread_;
  int port_ = -1;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& host, int port, Handler handler) {
  return start({.host = host, .port = port}, std::move(handler));
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options, Handler handler) {
  auto server = std::make_unique<HttplibServer>(options, std::move(handler));
  std::string address = options.host.empty() ? "127.0.0.1" : options.host;
  if (!server->bind(address, options.port))
    return Error{
        ErrorCode::Unreachable,
        format("cannot listen on {} port {}: it is taken or not of this machine; choose another port",
               address, options.port)};
  server->run();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace retort
