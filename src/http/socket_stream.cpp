#include "http/socket_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace retort {
namespace {

constexpr size_t kFlushAt = 64 << 10;

}  // namespace

bool SocketStream::wait(short events, int64_t timeout_ms) const {
  pollfd poll_for{socket_, events, 0};
  int ready = 0;
  do {
    ready = ::poll(&poll_for, 1, static_cast<int>(timeout_ms));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool SocketStream::wait_readable(int64_t timeout_ms) { return begin_ < end_ || wait(POLLIN, timeout_ms); }

ptrdiff_t SocketStream::read(char* bytes, size_t size) {
  if (begin_ == end_) {
    if (!flush() || !wait(POLLIN, timeout_ms_)) return -1;
    ptrdiff_t got = 0;
    do {
      got = ::recv(socket_, in_, sizeof in_, 0);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<size_t>(got);
  }
  size_t count = std::min(size, end_ - begin_);
  std::memcpy(bytes, in_ + begin_, count);
  begin_ += count;
  return static_cast<ptrdiff_t>(count);
}

ptrdiff_t SocketStream::write(const char* bytes, size_t size) {
  out_.append(bytes, size);
  if (out_.size() >= kFlushAt && !flush()) return -1;
  return static_cast<ptrdiff_t>(size);
}

bool SocketStream::flush() {
  size_t sent = 0;
  while (sent < out_.size()) {
    ptrdiff_t count = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0)
      sent += static_cast<size_t>(count);
    else if (count < 0 && errno == EINTR)
      continue;
    else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && wait(POLLOUT, timeout_ms_))
      continue;
    else
      return out_.clear(), false;
  }
  out_.clear();
  return true;
}

bool SocketStream::is_open() const {
  char byte;
  const ptrdiff_t got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

}  // namespace retort
