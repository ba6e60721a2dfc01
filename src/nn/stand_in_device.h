// For tests: a device that is not the processor, on a machine without a GPU. Its tensors lie in ordinary
// memory and the processor does their arithmetic, but to libtorch they are a device's: an operation that
// mixes them with the processor's tensors throws, as it would on a GPU. What a GPU computes, how fast and in
// what order it does not show. Their addresses are such that reading them without leave faults, as a device's
// do. Include in one file of a test program.
#pragma once

#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "nn/torch.h"

namespace retort {

inline constexpr c10::DeviceType kStandIn = c10::DeviceType::PrivateUse1;

struct StandInGuard final : c10::impl::NoOpDeviceGuardImpl<kStandIn> {
  c10::Device getDevice() const override { return {kStandIn, 0}; }
  c10::Device exchangeDevice(c10::Device) const override { return {kStandIn, 0}; }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, {kStandIn, 0});
  }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return getStream({kStandIn, 0}); }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, StandInGuard)

struct StandInHooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};
inline StandInHooks stand_in_hooks;
inline const bool kStandInKnown = (at::RegisterPrivateUse1HooksInterface(&stand_in_hooks),
                                   c10::register_privateuse1_backend("stand_in"), true);

// What a device's address is above the real one: no processor that this runs on maps the result.
inline constexpr uintptr_t kStandInAbove = uintptr_t{1} << 62;
inline void* from_device(const void* data) {
  return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(data) - kStandInAbove);
}

struct StandInMemory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : std::malloc(bytes);
    if (bytes != 0 && data == nullptr) throw std::bad_alloc();
    void* device_data = data == nullptr
                            ? nullptr
                            : reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(data) + kStandInAbove);
    return {device_data, data, &std::free, {kStandIn, 0}};
  }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(from_device(to), from_device(from), bytes);
  }
};
inline StandInMemory stand_in_memory;
REGISTER_ALLOCATOR(kStandIn, &stand_in_memory)

// The same memory as a tensor of the processor.
inline at::Tensor on_processor(const at::Tensor& x) {
  if (x.is_cpu()) return x;
  if (x.numel() == 0) return at::empty_strided(x.sizes(), x.strides(), x.options().device(at::kCPU));
  return at::from_blob(from_device(x.data_ptr()), x.sizes(), x.strides(), x.options().device(at::kCPU));
}

inline at::Tensor stand_in_empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype,
                                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &stand_in_memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   dtype.value_or(at::kFloat), format);
}

inline at::Tensor stand_in_empty_strided(at::IntArrayRef size, at::IntArrayRef stride,
                                         std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                                         std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &stand_in_memory,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           dtype.value_or(at::kFloat));
}

inline at::Tensor stand_in_copy(const at::Tensor& from, const at::Tensor& to, bool) {
  on_processor(to).copy_(on_processor(from));
  return to;
}
inline at::Tensor stand_in_copy_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (!to.sizes().equals(from.sizes())) to.resize_(from.sizes());
  return stand_in_copy(from, to, false);
}
inline at::Scalar stand_in_scalar(const at::Tensor& x) { return on_processor(x).item(); }
inline const at::Tensor& stand_in_resize(const at::Tensor& x, at::IntArrayRef size,
                                         std::optional<at::MemoryFormat>) {
  at::Tensor fresh = stand_in_empty(size, x.scalar_type(), {}, {}, {}, {});
  x.unsafeGetTensorImpl()->set_storage_keep_dtype(fresh.storage());
  x.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  return x;
}

// Every other operation: its tensors are the device's, or numbers; then the processor does it on copies.
inline void stand_in_any(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto check = [&](const at::Tensor& x) {
    TORCH_CHECK(!x.defined() || x.dim() == 0 || x.device().type() == kStandIn, op.schema().name(),
                ": a tensor of the processor among the device's");
  };
  for (const c10::IValue& argument : torch::jit::last(stack, op.schema().arguments().size())) {
    if (argument.isTensor()) check(argument.toTensor());
    if (argument.isTensorList())
      for (const at::Tensor& x : argument.toTensorList()) check(x);
    if (argument.isOptionalTensorList())
      for (const std::optional<at::Tensor>& x : argument.toOptionalTensorList())
        if (x) check(*x);
  }
  at::native::cpu_fallback(op, stack);
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &stand_in_empty);
  library.impl("empty_strided", &stand_in_empty_strided);
  library.impl("_copy_from", &stand_in_copy);
  library.impl("_copy_from_and_resize", &stand_in_copy_and_resize);
  library.impl("_local_scalar_dense", &stand_in_scalar);
  library.impl("resize_", &stand_in_resize);
  library.impl("as_strided", [](const at::Tensor& x, at::IntArrayRef size, at::IntArrayRef stride,
                                std::optional<int64_t> offset) {
    return at::native::as_strided_tensorimpl(x, size, stride, offset);
  });
  library.impl(
      "view", [](const at::Tensor& x, c10::SymIntArrayRef size) { return at::native::view_symint(x, size); });
  library.impl("_reshape_alias",
               [](const at::Tensor& x, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
                 return at::native::_reshape_alias_symint(x, size, stride);
               });
}
TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&stand_in_any>());
}

// Where a test that passed on the processor is made again: here, and on a GPU where there is one.
inline std::vector<torch::Device> other_devices() {
  std::vector<torch::Device> devices = {{kStandIn, 0}};
  if (torch::cuda::is_available()) devices.emplace_back(torch::kCUDA, 0);
  return devices;
}

}  // namespace retort
