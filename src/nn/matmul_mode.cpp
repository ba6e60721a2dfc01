#include "nn/matmul_mode.h"

#include "base/random.h"

namespace retort {
namespace {

constexpr double kFp32Error = 1e-5;

MatmulMode mode_now = MatmulMode::Exact;

bool reduced_now = false;

void set_reduced(bool reduced) {
  at::globalContext().setFloat32MatmulPrecision(reduced ? "medium" : "highest");
  reduced_now = reduced;
}

// Measured once a process; the precision is put back afterwards.
double reduced_error() {
  static const double error = [] {
    bool before = reduced_now;
    set_reduced(true);
    double measured = matmul_error();
    set_reduced(before);
    return measured;
  }();
  return error;
}

}  // namespace

double matmul_error(torch::Device device) {
  torch::NoGradGuard no_grad;
  Random random(1, "matmul error");
  auto normal = [&](int64_t rows, int64_t columns) {
    torch::Tensor values = torch::empty({rows, columns}, torch::kFloat32);
    for (int64_t i = 0; i < values.numel(); ++i)
      values.data_ptr<float>()[i] = static_cast<float>(random.normal());
    return values.to(device);
  };
  torch::Tensor a = normal(64, 256), b = normal(96, 256);
  torch::Tensor exact = torch::matmul(a.to(torch::kFloat64), b.to(torch::kFloat64).t());
  torch::Tensor got = torch::linear(a, b).to(torch::kFloat64);
  return ((got - exact).abs().max() / exact.abs().max()).item<double>();
}

bool multiplies_bf16() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16")) return true;
#endif
  return reduced_error() >= kFp32Error;
}

void set_matmul_mode(MatmulMode mode, torch::Device device) {
  // Reduced precision means TF32 on CUDA, whatever the processor beside it does.
  bool reduced = mode == MatmulMode::Bf16 ||
                 (mode == MatmulMode::Fp32 && device.is_cpu() && reduced_error() < kFp32Error);
  set_reduced(reduced);
  mode_now = mode;
}

bool prefers_bf16(torch::Device device) {
  return mode_now == MatmulMode::Bf16 && (!device.is_cpu() || multiplies_bf16());
}

MatmulMode matmul_mode() { return mode_now; }

}  // namespace retort
