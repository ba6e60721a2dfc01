#include "student/guard.h"

#include "base/utf8.h"
#include "nn/memory.h"

namespace retort {

Error torch_error(const std::exception& exception, std::string_view attempted) {
  std::string_view what = exception.what();
  bool memory = is_out_of_memory(exception);
  if (memory)
    return {
        ErrorCode::OutOfMemory,
        format("out of memory while {}; lower rows_per_step, row_tokens or slots, or take a smaller student",
               attempted)};
  return {ErrorCode::Mismatch, format("libtorch failed while {}: {}; please report it with this line",
                                      attempted, terminal_safe(what.substr(0, what.find('\n')), 300))};
}

}  // namespace retort
