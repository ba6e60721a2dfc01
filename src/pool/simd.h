// Which instructions the hot loops of the novelty index use, chosen at run time; they find the same.
#pragma once

namespace retort {

enum class Simd { Plain, Avx512 };
// Avx512 where this processor has what our loops use of it.
Simd best_simd();

}  // namespace retort

// A function of AVX-512 intrinsics; the program starts on processors without it.
#define RETORT_AVX512 __attribute__((target("avx512f,avx512vl,avx512vpopcntdq")))

// A loop that counts bits: compiled with and without the instruction for that, and the program takes the
// fitting one when it starts.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define RETORT_COUNTS_BITS __attribute__((target_clones("popcnt", "default")))
#else
#define RETORT_COUNTS_BITS
#endif
