// Marks a hot loop that counts bits: it is compiled with and without the processor's instruction for that,
// and the program takes the fitting one when it starts.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__)
#define RETORT_COUNTS_BITS __attribute__((target_clones("popcnt", "default")))
#else
#define RETORT_COUNTS_BITS
#endif
