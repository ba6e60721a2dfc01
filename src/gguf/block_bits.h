// What reading and writing blocks share: numbers in unaligned bytes, and the twelve bytes in which Q4_K and
// Q5_K pack eight scales and eight minima of six bits.
#pragma once

#include <cstring>

#include "gguf/half.h"

namespace retort {

constexpr int kSuperBlock = 256;  // elements of a Q4_K, Q5_K or Q6_K block

template <class T>
T load_bits(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void store_bits(uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
inline float load_f16(const uint8_t* from) { return float_of_f16(load_bits<uint16_t>(from)); }
// Stores it and returns what a reader will see.
inline float store_f16(uint8_t* to, float value) {
  uint16_t half = f16_of_float(value);
  store_bits(to, half);
  return float_of_f16(half);
}

struct ScaleAndMinimum {
  uint8_t scale = 0, minimum = 0;  // below 64
};
// The first four pairs lie in the low six bits of bytes 0-3 and 4-7; of the others, the low four bits share
// bytes 8-11 and the high two bits are the top bits of bytes 0-3 and 4-7.
inline ScaleAndMinimum load_pair(const uint8_t* packed, int index) {
  if (index < 4)
    return {static_cast<uint8_t>(packed[index] & 63), static_cast<uint8_t>(packed[index + 4] & 63)};
  uint8_t low = packed[index + 4];
  return {static_cast<uint8_t>((low & 15) | (packed[index - 4] >> 6 << 4)),
          static_cast<uint8_t>(low >> 4 | (packed[index] >> 6 << 4))};
}
// Into bytes that were zero; indices in rising order.
inline void store_pair(uint8_t* packed, int index, ScaleAndMinimum pair) {
  if (index < 4) {
    packed[index] = pair.scale;
    packed[index + 4] = pair.minimum;
    return;
  }
  packed[index + 4] = static_cast<uint8_t>((pair.scale & 15) | pair.minimum << 4);
  packed[index - 4] = static_cast<uint8_t>(packed[index - 4] | pair.scale >> 4 << 6);
  packed[index] = static_cast<uint8_t>(packed[index] | pair.minimum >> 4 << 6);
}

}  // namespace retort
