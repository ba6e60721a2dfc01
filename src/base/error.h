// What can go wrong outside our own code, as values: one enum with a comment each, an Error (code and one
// line that says what was attempted, got, wanted, and what to do), and RunError, the exception that ends a
// run. The exit code of the program is a function of the error's code (docs/exit_codes.md).
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace retort {

enum class ErrorCode {
  InvalidArgument,  // the command line or the run file asks for something that cannot be: exit 2
  NotFound,         // a file, folder, model or run that was named does not exist: exit 3
  Unreadable,       // it exists, but cannot be read or written (permission, I/O error): exit 4
  Malformed,        // it was read, but is not what it should be (JSON, TOML, UTF-8, safetensors): exit 5
  Unauthorized,     // the endpoint refuses the key (401, 403): exit 6
  QuotaExceeded,    // the account has no credit left: exit 7
  BudgetSpent,      // the next request could pass the run file's budget: exit 13
  Unreachable,      // no connection, name not found, TLS failed, and retries are spent: exit 8
  Timeout,          // no reply in time, and retries are spent: exit 8
  RateLimited,      // 429 still after all retries: exit 8
  ServerError,      // 5xx still after all retries: exit 8
  BadRequest,       // the endpoint rejects this one request (400, 404, 413, 422): exit 9
  BadReply,         // a reply arrived that is not a chat completion (wrong JSON, no choices): exit 9
  Unparsable,       // a complete reply that the role's parser cannot read: exit 9
  Filtered,         // the endpoint's content filter removed the reply: exit 9
  Locked,           // another process works on this run: exit 75
  DiskFull,         // no space left: exit 74
  Mismatch,         // two things that must fit do not (checkpoint and config, store and version): exit 10
  Diverged,         // the loss is not finite: exit 11
  OutOfMemory,      // host or device memory is spent: exit 12
  Interrupted,      // SIGINT or SIGTERM: state is saved, run again to go on: exit 130
};

// "InvalidArgument", ... for logs, the store and --json.
std::string_view error_code_name(ErrorCode code);
// The code of that name; none when no code is called so (a file of a newer program).
std::optional<ErrorCode> parse_error_code(std::string_view name);
// The process's exit code for an error of this kind (see the comments above).
int exit_code(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::InvalidArgument;
  std::string message;  // one line, no trailing period needed, says what to do
};

// Ends this run: thrown where no caller could go on, caught in main, at the server's request boundary and
// in the recipe's supervisor. Everything paid for is in the run store by then.
class RunError : public std::runtime_error {
 public:
  explicit RunError(Error error) : std::runtime_error(error.message), code_(error.code) {}
  RunError(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace retort
