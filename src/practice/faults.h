// Faults on demand: which requests go wrong, and how, is a function of the request's hash and of how often it
// was asked. A faulty request goes wrong the first time only, so that a retry succeeds.
#pragma once

#include <cstdint>

#include "practice/question.h"
#include "practice/teacher.h"

namespace retort::practice {

enum class Fault {
  None,
  TooManyRequests,  // 429 with Retry-After
  ServerError,      // 500
  Stall,            // the right reply, stall_ms late
  Truncate,         // the connection closes in the middle of the body
  Garbage,          // 200 with a body that is no JSON
};

// `asked_before`: how often this request was asked already.
Fault planned_fault(const TeacherOptions& options, const Question& question, int64_t asked_before);

}  // namespace retort::practice
