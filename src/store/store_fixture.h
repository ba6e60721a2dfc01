// What the store's tests share: opening, keys, and a child process to kill.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "base/hash.h"
#include "base/test.h"
#include "store/run_store.h"

namespace retort {

inline std::unique_ptr<RunStore> open_to_write(const Path& folder) {
  return or_throw(RunStore::open(folder, StoreMode::Write));
}

inline std::string key_of(int index) { return sha256_hex(format("call {}", index)); }

inline CallPlanned planned(int index) {
  return {
      .key = key_of(index), .endpoint = "teacher", .role = "teacher", .request = format("request {}", index)};
}
inline CallDone done(int index) {
  return {.key = key_of(index), .reply = format("reply {}", index), .tokens_in = 10, .tokens_out = 5};
}

inline void commit(RunStore& store, std::vector<CallEvent> events) { store.commit_calls(events); }
inline void commit_whole(RunStore& store, int index) {
  commit(store, {planned(index), CallSent{key_of(index)}, done(index)});
}

inline std::vector<Instruction> texts(const std::vector<std::string>& list) {
  std::vector<Instruction> instructions;
  for (const std::string& text : list) instructions.push_back({.text = text});
  return instructions;
}

// Runs `body` in a forked child, which ends without unwinding; the parent must hold no open store.
template <class Body>
pid_t start_child(const Body& body) {
  pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // the test program's own handler would report a failure
    int code = 99;
    try {
      code = body();
    } catch (const RunError& error) {
      code = exit_code(error.code());
    }
    ::_exit(code);
  }
  return child;
}

// Its exit code; minus the signal that ended it.
inline int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace retort
