// Runs a part of a benchmark in a process of its own, so that its memory is its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace retort::bench {

template <class Body>
void in_child(const Body& body) {
  const pid_t child = fork();
  RETORT_CHECK(child >= 0, "fork failed");
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  RETORT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a part of the benchmark failed");
}

}  // namespace retort::bench
