#include "student/setup.h"

#include <thread>

#include "base/log.h"
#include "nn/memory.h"

namespace retort {
namespace {

// Where the processor's bf16 products are used without being asked for: below this width the conversions cost
// more than they save (specs/practice_world §2).
constexpr int64_t kBf16WidthMin = 256;

Result<torch::Device> choose_device(const std::string& name) {
  bool cuda = torch::cuda::is_available();
  if (name == "auto") return torch::Device(cuda ? torch::kCUDA : torch::kCPU);
  if (name == "cpu") return torch::Device(torch::kCPU);
  if (name == "cuda" && cuda) return torch::Device(torch::kCUDA);
  if (name == "cuda")
    return Error{
        ErrorCode::InvalidArgument,
        "student.device is \"cuda\", but libtorch sees no GPU; use \"auto\", or set up a CUDA build"};
  return Error{ErrorCode::InvalidArgument,
               format("student.device \"{}\" is not known; use \"auto\", \"cpu\" or \"cuda\"", name)};
}

}  // namespace

Result<torch::Device> prepare_machine(const StudentOptions& options) {
  if (options.threads < 0 || options.threads > 1'024)
    return Error{ErrorCode::InvalidArgument,
                 format("student.threads is {}; use 0 for all cores, or at most 1024", options.threads)};
  int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  torch::set_num_threads(options.threads > 0 ? options.threads : cores);
  keep_freed_memory();
  return choose_device(options.device);
}

Result<MatmulMode> choose_precision(const std::string& name, torch::Device device, int64_t width) {
  if (name != "auto" && name != "fp32" && name != "bf16")
    return Error{ErrorCode::InvalidArgument,
                 format("student.precision \"{}\" is not known; use \"auto\", \"fp32\" or \"bf16\"", name)};
  if (name == "fp32" || (name == "auto" && width < kBf16WidthMin)) return MatmulMode::Fp32;
  if (!device.is_cpu() || multiplies_bf16()) return MatmulMode::Bf16;
  if (name == "bf16") log_warning("this processor has no bf16 products of its own; training in fp32");
  return MatmulMode::Fp32;
}

Result<void> check_int8(torch::Device device) {
  if (device.is_cpu()) return {};
  return Error{ErrorCode::InvalidArgument,
               "answers in int8 are for the CPU, and the student is on a GPU; take bf16, or the device cpu"};
}

Result<void> check_shape(const StudentShape& s) {
  bool positive = s.width > 0 && s.layers > 0 && s.heads > 0 && s.kv_heads > 0 && s.feed_forward > 0 &&
                  s.context > 1 && s.rope_base > 1;
  if (!positive || s.width % (2 * s.heads) != 0 || s.heads % s.kv_heads != 0)
    return Error{
        ErrorCode::InvalidArgument,
        format("a student of width {}, {} layers, {} heads and {} key/value heads cannot be: all are "
               "positive, the width is an even multiple of the heads, these of the key/value heads",
               s.width, s.layers, s.heads, s.kv_heads)};
  return {};
}

}  // namespace retort
