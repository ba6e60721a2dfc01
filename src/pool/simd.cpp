#include "pool/simd.h"

namespace retort {

Simd best_simd() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512vpopcntdq");
  return has ? Simd::Avx512 : Simd::Plain;
#else
  return Simd::Plain;
#endif
}

}  // namespace retort
