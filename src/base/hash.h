// Hashes: SHA-256 for what names a request or a file for good (OpenSSL behind it), FNV-1a and a mixer for
// streams and tables. Never use the small ones where an adversary chooses the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retort {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

constexpr uint64_t fnv1a64(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

// SplitMix64's finalizer over a ^ rotated b: every input bit moves every output bit.
constexpr uint64_t mix64(uint64_t a, uint64_t b) {
  uint64_t z = a + 0x9E3779B97F4A7C15ull * (b + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace retort
