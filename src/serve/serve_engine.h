// The one thread that owns the model of a server: HTTP threads hand requests in and wait for pieces; between
// steps it takes in who has come and lets go who has left. Stop: the destructor, after the HTTP server's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "student/live.h"

namespace retort {

struct EngineOptions {
  int64_t waiting_max = 1'024;  // requests that wait for a slot; more are refused
};
struct EngineFigures {
  int64_t slots = 0, live = 0, waiting = 0;               // samples; prompts
  int64_t prompt_tokens = 0, made_tokens = 0, steps = 0;  // since the start
  double step_seconds = 0;                                // the same
};

class ServeEngine {
 public:
  // When a waiting thread is woken: a stream at each piece, a whole reply at its end.
  enum class Wake { EachPiece, AtEnd };
  // The prompts of one request, under way. Destroyed before they are done, they are taken back and their
  // slots are free at the next step. One thread.
  class Ticket;

  ServeEngine(std::unique_ptr<LiveStudent> model, EngineOptions options);
  ~ServeEngine();
  ServeEngine(const ServeEngine&) = delete;
  ServeEngine& operator=(const ServeEngine&) = delete;

  // What any thread may ask of it.
  const LiveStudent& model() const { return *model_; }
  // Any thread. RateLimited when too many wait already; ServerError once the engine has failed.
  Result<std::unique_ptr<Ticket>> submit(std::vector<LiveRequest> prompts, Wake wake);
  EngineFigures figures() const;
  // What ended it, when something did.
  std::optional<Error> failure() const;

 private:
  struct Mailbox;
  struct Command {
    int64_t id = 0;
    std::optional<LiveRequest> request;  // none: it is taken back
    std::shared_ptr<Mailbox> mailbox;
  };
  struct Addressee {
    std::shared_ptr<Mailbox> mailbox;
    size_t unfinished = 0;  // samples
  };

  void run();
  bool take_commands();
  void deliver(std::vector<LivePiece> pieces);
  void fail(const Error& error);
  void take_back(int64_t first, size_t count);

  std::unique_ptr<LiveStudent> model_;
  EngineOptions options_;
  mutable std::mutex mutex_;  // of what follows, up to the thread
  std::condition_variable changed_;
  std::vector<Command> inbox_;
  EngineFigures figures_;
  std::optional<Error> failure_;
  int64_t next_id_ = 1;
  bool stopping_ = false;
  std::map<int64_t, Addressee> addressees_;  // the thread's own
  std::thread thread_;
};

class ServeEngine::Ticket {
 public:
  Ticket(ServeEngine& engine, std::shared_ptr<Mailbox> mailbox, int64_t first, size_t count)
      : engine_(engine), mailbox_(std::move(mailbox)), first_(first), count_(count) {}
  ~Ticket();
  // What is new, `request` counting from 0 in the order of the prompts; empty when nothing came in time.
  // ServerError when the engine failed or stops.
  Result<std::vector<LivePiece>> wait(int64_t timeout_ms);
  // Everything was handed out.
  bool is_done() const;

 private:
  ServeEngine& engine_;
  std::shared_ptr<Mailbox> mailbox_;
  int64_t first_;
  size_t count_;
};

}  // namespace retort
