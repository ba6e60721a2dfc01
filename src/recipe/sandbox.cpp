#include "recipe/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "base/clock.h"
#include "base/format.h"

namespace retort {
namespace {

constexpr const char* kCommand[] = {"bwrap",
                                    "--unshare-all",
                                    "--die-with-parent",
                                    "--new-session",
                                    "--clearenv",
                                    "--ro-bind",
                                    "/usr",
                                    "/usr",
                                    "--symlink",
                                    "usr/lib",
                                    "/lib",
                                    "--symlink",
                                    "usr/lib64",
                                    "/lib64",
                                    "--symlink",
                                    "usr/bin",
                                    "/bin",
                                    "--proc",
                                    "/proc",
                                    "--dev",
                                    "/dev",
                                    "--tmpfs",
                                    "/tmp",
                                    "--chdir",
                                    "/tmp",
                                    "--setenv",
                                    "PATH",
                                    "/usr/bin",
                                    "/usr/bin/python3",
                                    "-I",
                                    "-",
                                    nullptr};

void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(resource, &both);
}

// In the child: its ends of the pipe, silence, limits, and then the program. Only what is safe after fork.
[[noreturn]] void become_sandbox(int input, double seconds) {
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(input, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  limit(RLIMIT_CPU, static_cast<rlim_t>(std::ceil(seconds)) + 1);
  limit(RLIMIT_AS, rlim_t{1} << 30);
  limit(RLIMIT_FSIZE, rlim_t{16} << 20);
  execvp("bwrap", const_cast<char* const*>(kCommand));
  _exit(127);
}

// Sends as much as the child will read; a child that has gone away is no error here.
void write_all(int fd, const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t wrote = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (wrote <= 0) return;
    sent += static_cast<size_t>(wrote);
  }
}

std::optional<std::string> wait_for(pid_t child, double seconds) {
  const int64_t until_ms = system_clock().monotonic_ms() + static_cast<int64_t>(seconds * 1'000);
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
    if (system_clock().monotonic_ms() > until_ms) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return format("longer than {} s", seconds);
    }
    poll(nullptr, 0, 10);
  }
  // Where a parent of ours made us ignore our children nobody knows how one ended: that is no success.
  if (ended < 0) return "no exit status";
  if (WIFSIGNALED(status)) return format("killed by signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return format("exit {}", WEXITSTATUS(status));
  return std::nullopt;
}

}  // namespace

bool sandbox_works() { return !run_python("pass\n", 10); }

std::optional<std::string> run_python(const std::string& program, double seconds) {
  // What the socket holds at once; no answer is so long.
  constexpr size_t kMost = 60'000;
  if (program.size() > kMost) return "longer than 60,000 bytes";
  int ends[2];
  // A socket, since writing to a pipe whose reader is gone would end this process.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return "no socket";
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return "no process";
  }
  if (child == 0) become_sandbox(ends[0], seconds);
  close(ends[0]);
  write_all(ends[1], program);
  close(ends[1]);
  return wait_for(child, seconds);
}

}  // namespace retort
