// The ids of words met before: text repeats its words, and a look-up costs a tenth of merging. One slot per
// hash, the newcomer replaces; what is long is not kept. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace retort {

class WordCache {
 public:
  // Appends the word's ids to `out` when it is known.
  bool find(std::string_view word, std::vector<int32_t>& out) const {
    if (word.size() > kBytesMax || slots_.empty()) return false;
    const Slot& slot = slots_[slot_of(word)];
    if (slot.bytes != word.size() || std::memcmp(slot.text.data(), word.data(), word.size()) != 0)
      return false;
    out.insert(out.end(), slot.ids.begin(), slot.ids.begin() + slot.count);
    return true;
  }
  void keep(std::string_view word, std::span<const int32_t> ids) {
    if (word.empty() || word.size() > kBytesMax || ids.size() > kIdsMax) return;
    if (slots_.empty()) slots_.resize(kSlots);
    Slot& slot = slots_[slot_of(word)];
    slot.bytes = static_cast<uint8_t>(word.size());
    slot.count = static_cast<uint8_t>(ids.size());
    std::memcpy(slot.text.data(), word.data(), word.size());
    std::copy(ids.begin(), ids.end(), slot.ids.begin());
  }

 private:
  static constexpr size_t kSlots = 1 << 15, kBytesMax = 30, kIdsMax = 8;
  struct Slot {  // a cache line
    uint8_t bytes = 0, count = 0;
    std::array<char, kBytesMax> text;
    std::array<int32_t, kIdsMax> ids;
  };
  static size_t slot_of(std::string_view word) {
    uint64_t hash = word.size();
    for (size_t at = 0; at < word.size(); at += 8) {
      uint64_t eight = 0;
      std::memcpy(&eight, word.data() + at, std::min<size_t>(8, word.size() - at));
      hash = mix64(hash ^ eight, 1);
    }
    return hash & (kSlots - 1);
  }
  std::vector<Slot> slots_;
};

}  // namespace retort
