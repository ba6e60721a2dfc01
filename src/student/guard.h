// Where libtorch's exceptions end: whatever it throws becomes one of our errors, out of memory by its name.
#pragma once

#include <concepts>
#include <type_traits>

#include "base/result.h"
#include "nn/torch.h"

namespace retort {

// OutOfMemory when that is what it says, else Mismatch with its first line.
Error torch_error(const std::exception& exception, std::string_view attempted);

// Runs `work`, whose Result passes through; a RunError passes too.
template <class Work>
auto guarded(std::string_view attempted, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const RunError&) {
    throw;
  } catch (const std::exception& exception) {
    return torch_error(exception, attempted);
  }
}

// The same for work that gives a plain value: the error ends the run.
template <class Work>
auto guarded_or_throw(std::string_view attempted, Work work) {
  return or_throw(guarded(attempted, [&]() -> Result<decltype(work())> { return work(); }));
}

}  // namespace retort
