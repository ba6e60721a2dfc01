#include "base/random.h"

#include <cmath>
#include <numbers>

#include "base/check.h"
#include "base/hash.h"

namespace retort {
namespace {

// Constants of Philox4x32 (SC11, table 2).
constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;

}  // namespace

Random::Random(uint64_t seed, std::string_view label, uint64_t index) {
  key_[0] = static_cast<uint32_t>(seed);
  key_[1] = static_cast<uint32_t>(seed >> 32);
  uint64_t stream = mix64(fnv1a64(label), index);
  counter_[0] = counter_[1] = 0;  // the position within the stream
  counter_[2] = static_cast<uint32_t>(stream);
  counter_[3] = static_cast<uint32_t>(stream >> 32);
}

void Random::refill() {
  uint32_t x[4] = {counter_[0], counter_[1], counter_[2], counter_[3]};
  uint32_t k0 = key_[0], k1 = key_[1];
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = static_cast<uint64_t>(kMultiplier0) * x[0];
    uint64_t p1 = static_cast<uint64_t>(kMultiplier1) * x[2];
    uint32_t y0 = static_cast<uint32_t>(p1 >> 32) ^ x[1] ^ k0;
    uint32_t y2 = static_cast<uint32_t>(p0 >> 32) ^ x[3] ^ k1;
    x[1] = static_cast<uint32_t>(p1);
    x[3] = static_cast<uint32_t>(p0);
    x[0] = y0;
    x[2] = y2;
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  for (int i = 0; i < 4; ++i) block_[i] = x[i];
  if (++counter_[0] == 0) ++counter_[1];
  used_ = 0;
}

uint64_t Random::next() {
  if (used_ > 2) refill();
  uint64_t low = block_[used_], high = block_[used_ + 1];
  used_ += 2;
  return high << 32 | low;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double Random::normal() {
  double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

uint64_t Random::below(uint64_t bound) {
  RETORT_CHECK(bound >= 1, "below(0)");
  // Lemire 2019: multiply and reject the few values that would bias the result.
  unsigned __int128 product = static_cast<unsigned __int128>(next()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold)
      product = static_cast<unsigned __int128>(next()) * bound;
  }
  return static_cast<uint64_t>(product >> 64);
}

int64_t Random::range(int64_t lo, int64_t hi) {
  RETORT_CHECK(lo <= hi, "range({}, {})", lo, hi);
  return lo + static_cast<int64_t>(below(static_cast<uint64_t>(hi - lo) + 1));
}

}  // namespace retort
