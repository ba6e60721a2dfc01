#include "base/error.h"

#include "base/check.h"

namespace retort {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  int exit_code;
};

constexpr Row kRows[] = {
    {ErrorCode::InvalidArgument, "InvalidArgument", 2},
    {ErrorCode::NotFound, "NotFound", 3},
    {ErrorCode::Unreadable, "Unreadable", 4},
    {ErrorCode::Malformed, "Malformed", 5},
    {ErrorCode::Unauthorized, "Unauthorized", 6},
    {ErrorCode::QuotaExceeded, "QuotaExceeded", 7},
    {ErrorCode::BudgetSpent, "BudgetSpent", 13},
    {ErrorCode::Unreachable, "Unreachable", 8},
    {ErrorCode::Timeout, "Timeout", 8},
    {ErrorCode::RateLimited, "RateLimited", 8},
    {ErrorCode::ServerError, "ServerError", 8},
    {ErrorCode::BadRequest, "BadRequest", 9},
    {ErrorCode::BadReply, "BadReply", 9},
    {ErrorCode::Unparsable, "Unparsable", 9},
    {ErrorCode::Filtered, "Filtered", 9},
    {ErrorCode::Locked, "Locked", 75},
    {ErrorCode::DiskFull, "DiskFull", 74},
    {ErrorCode::Mismatch, "Mismatch", 10},
    {ErrorCode::Diverged, "Diverged", 11},
    {ErrorCode::OutOfMemory, "OutOfMemory", 12},
    {ErrorCode::Interrupted, "Interrupted", 130},
};

const Row& row(ErrorCode code) {
  for (const Row& r : kRows)
    if (r.code == code) return r;
  RETORT_CHECK(false, "error code {} has no row", static_cast<int>(code));
  return kRows[0];
}

}  // namespace

std::string_view error_code_name(ErrorCode code) { return row(code).name; }
int exit_code(ErrorCode code) { return row(code).exit_code; }

std::optional<ErrorCode> parse_error_code(std::string_view name) {
  for (const Row& r : kRows)
    if (r.name == name) return r.code;
  return std::nullopt;
}

}  // namespace retort
