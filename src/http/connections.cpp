#include "http/connections.h"

#include <sys/socket.h>

#include <chrono>
#include <thread>

namespace retort {

void Connections::spawn(std::function<void()> serve) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return threads_ < connections_max_ || stopping_; });
  ++threads_;
  lock.unlock();
  std::thread([this, serve = std::move(serve)] {
    serve();
    // Under the lock to the last touch: whoever waits in stop() may destroy this right after.
    std::lock_guard ending(mutex_);
    --threads_;
    changed_.notify_all();
  }).detach();
}

bool Connections::enter(int socket) {
  std::lock_guard lock(mutex_);
  if (!stopping_) sockets_.insert(socket);
  return !stopping_;
}

void Connections::leave(int socket) {
  std::lock_guard lock(mutex_);
  sockets_.erase(socket);
}

bool Connections::sleep_ms(int64_t ms) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return stopping_; });
}

void Connections::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  changed_.notify_all();
  changed_.wait(lock, [&] { return threads_ == 0; });
}

}  // namespace retort
