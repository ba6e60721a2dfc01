// The counterpart of the client's figures: one thread, epoll, no allocation a request.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstring>
#include <deque>
#include <vector>

#include "base/check.h"
#include "base/format.h"
#include "bench_line_and_store/figures.h"

namespace retort::bench {
namespace {

int64_t now_ms() { return static_cast<int64_t>(seconds_now() * 1e3); }

// A reply as a short answer of a real teacher is.
std::string reply_text() {
  const std::string text(940, 'x');
  const std::string body = format(
      R"({{"id":"chatcmpl-0","object":"chat.completion","created":1700000000,"model":"bench","choices":[)"
      R"({{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],)"
      R"("usage":{{"prompt_tokens":500,"completion_tokens":200,"total_tokens":700}},)"
      R"("system_fingerprint":"fp_0000000000"}})",
      text);
  return format("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
                body.size(), body);
}

class Server {
 public:
  Server(int listener, int latency_ms)
      : listener_(listener), latency_ms_(latency_ms), epoll_(epoll_create1(0)), reply_(reply_text()) {
    watch(listener_);
  }

  [[noreturn]] void serve() {
    epoll_event events[512];
    for (;;) {
      const int count = epoll_wait(epoll_, events, 512, wait_ms());
      for (int i = 0; i < count; ++i)
        if (events[i].data.fd == listener_)
          accept_all();
        else
          read_from(events[i].data.fd);
      answer_due();
    }
  }

 private:
  struct Due {
    int64_t at_ms;
    int socket;
  };

  void watch(int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }

  void accept_all() {
    for (int socket; (socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int on = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (static_cast<size_t>(socket) >= input_.size()) input_.resize(static_cast<size_t>(socket) + 1);
      input_[static_cast<size_t>(socket)].clear();
      watch(socket);
    }
  }

  void read_from(int socket) {
    char bytes[16 << 10];
    const ssize_t got = read(socket, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
      close(socket);
      return;
    }
    if (got < 0) return;
    std::string& input = input_[static_cast<size_t>(socket)];
    input.append(bytes, static_cast<size_t>(got));
    while (take_request(input))
      if (latency_ms_ == 0)
        answer(socket);
      else
        due_.push_back({now_ms() + latency_ms_, socket});
  }

  // Takes one whole request off the front.
  static bool take_request(std::string& input) {
    const size_t head = input.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    size_t at = 0, length = 0;
    while ((at = input.find("ength: ", at)) != std::string::npos && at < head) {
      std::from_chars(input.data() + at + 7, input.data() + head, length);
      break;
    }
    if (input.size() < head + 4 + length) return false;
    input.erase(0, head + 4 + length);
    return true;
  }

  void answer(int socket) {
    // A reply fits an empty socket buffer, and a client sends nothing before it has read the last one.
    [[maybe_unused]] ssize_t sent = send(socket, reply_.data(), reply_.size(), MSG_NOSIGNAL);
  }

  void answer_due() {
    for (const int64_t now = now_ms(); !due_.empty() && due_.front().at_ms <= now; due_.pop_front())
      answer(due_.front().socket);
  }

  int wait_ms() const {
    if (due_.empty()) return -1;
    return static_cast<int>(std::max<int64_t>(0, due_.front().at_ms - now_ms()));
  }

  int listener_, latency_ms_, epoll_;
  std::string reply_;
  std::vector<std::string> input_;  // by socket
  std::deque<Due> due_;
};

int listen_on_loopback(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     listen(listener, 16'384) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  RETORT_CHECK(bound, "no port to listen on: {}", std::strerror(errno));
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

ReplyServer::ReplyServer(int latency_ms) {
  const int listener = listen_on_loopback(port_);
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    take_core(1);
    Server(listener, latency_ms).serve();
  }
  close(listener);
}

ReplyServer::~ReplyServer() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void take_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sysconf(_SC_NPROCESSORS_ONLN) > core) sched_setaffinity(0, sizeof set, &set);
}

double resident_peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace retort::bench
