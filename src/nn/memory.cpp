#include "nn/memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <string>

#ifdef __linux__
#include <malloc.h>
#endif

namespace retort {
namespace {

constexpr int64_t kUnknown = int64_t{1} << 60;

// The number behind a name in /proc/meminfo, in bytes.
int64_t meminfo_bytes(const std::string& wanted) {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (int64_t kilobytes = 0; file >> name >> kilobytes; std::getline(file, unit))
    if (name == wanted) return kilobytes * 1'024;
  return kUnknown;
}

int64_t read_number(const char* path) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number ? number : kUnknown;  // "max" is no number
}

// What the control group leaves, in its second version's files and in its first's.
int64_t group_bytes() {
  int64_t left = kUnknown;
  for (auto [limit, used] : {std::pair("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
                             std::pair("/sys/fs/cgroup/memory/memory.limit_in_bytes",
                                       "/sys/fs/cgroup/memory/memory.usage_in_bytes")}) {
    int64_t most = read_number(limit), now = read_number(used);
    if (most < kUnknown && now < kUnknown) left = std::min(left, std::max<int64_t>(0, most - now));
  }
  return left;
}

}  // namespace

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

torch::Tensor zeros_on_demand(torch::IntArrayRef shape, const torch::TensorOptions& options) {
  if (!options.device().is_cpu()) return torch::zeros(shape, options);
  constexpr size_t kAlignment = 64;  // a cache line, as libtorch has it
  const size_t bytes = static_cast<size_t>(c10::multiply_integers(shape)) * options.dtype().itemsize();
  void* memory = std::calloc(bytes + kAlignment, 1);
  if (memory == nullptr) throw std::bad_alloc();
  void* begin = memory;
  size_t room = bytes + kAlignment;
  std::align(kAlignment, bytes, begin, room);
  return torch::from_blob(
      begin, shape, [memory](void*) { std::free(memory); }, options);
}

int64_t available_bytes(torch::Device device) {
  if (!device.is_cpu()) return kUnknown;
  return std::min({kUnknown, meminfo_bytes("MemAvailable:"), group_bytes()});
}

bool is_out_of_memory(const std::exception& exception) {
  return dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ||
         dynamic_cast<const c10::OutOfMemoryError*>(&exception) != nullptr ||
         std::string_view(exception.what()).find("can't allocate memory") != std::string_view::npos;
}

}  // namespace retort
