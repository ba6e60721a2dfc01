// A server that is none: reads a request, sends the bytes that it was told to, closes. For tests of clients.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/check.h"

namespace retort {

class RawServer {
 public:
  // What to send back to the n-th request, from 1, and whether the connection stays open for another.
  struct Answer {
    std::string bytes;
    bool keep_open = false;
  };
  explicit RawServer(std::function<Answer(int time)> script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    RETORT_CHECK(
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 16) == 0,
        "no port");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  int port() const { return port_; }
  int requests() const { return requests_; }

 private:
  void run() {
    for (int connection; (connection = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(connection))
      while (read_request(connection)) {
        Answer answer = script_(++requests_);
        ::send(connection, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
        if (!answer.keep_open) break;
      }
  }
  // Headers and, by "|" as its last byte, the body.
  static bool read_request(int connection) {
    char byte = 0;
    while (::recv(connection, &byte, 1, 0) == 1)
      if (byte == '|') return true;
    return false;
  }

  std::function<Answer(int)> script_;
  int listener_ = -1, port_ = 0;
  std::atomic<int> requests_{0};
  std::thread thread_;
};

}  // namespace retort
