// A connected socket as bytes: buffered reads, writes that leave together (headers and body in one segment:
// two small ones cost a delayed-ACK wait of 40 ms wherever Nagle's algorithm is on).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace retort {

class SocketStream {
 public:
  // Does not own `socket`.
  SocketStream(int socket, int64_t timeout_ms) : socket_(socket), timeout_ms_(timeout_ms) {}

  // Waits for the first byte of the next request; false when the peer closed or nothing came in time.
  bool wait_readable(int64_t timeout_ms);
  // At least one byte, 0 at the end, -1 on an error or after the timeout. Sends what was written before.
  ptrdiff_t read(char* bytes, size_t size);
  // All of it, or -1.
  ptrdiff_t write(const char* bytes, size_t size);
  bool flush();
  // Whether the peer still holds its end open; what it has sent meanwhile stays to be read.
  bool is_open() const;
  int socket() const { return socket_; }

 private:
  bool wait(short events, int64_t timeout_ms) const;
  int socket_;
  int64_t timeout_ms_;
  std::string out_;
  size_t begin_ = 0, end_ = 0;  // what of in_ was received and not yet read
  char in_[16384];
};

}  // namespace retort
