// What is most likely wrong with a run file or this machine, found before a run begins: one finding a line.
// Nothing is written and no tokens are asked for; each endpoint gets one GET of its list of models.
#pragma once

#include <functional>
#include <string>

#include "http/client.h"
#include "recipe/run_file.h"

namespace retort {

struct Finding {
  enum class Kind { Good, Look, Fault } kind = Kind::Good;  // Look: perhaps meant so
  std::string text;
  ErrorCode code = ErrorCode::InvalidArgument;  // of a Fault
};

// `run_folder` need not exist yet.
void check_run_file(const RunFile& file, const Path& run_folder, HttpTransport& transport,
                    const std::function<void(Finding)>& tell);

}  // namespace retort
