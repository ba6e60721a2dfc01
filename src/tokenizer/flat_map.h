// The two look-up tables that encoding lives on, as open addressing in one block: text -> token id, and a
// pair of token ids -> what they merge into. Filled once, then read by any number of threads.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace retort {

// Grows as it fills, to at most two thirds.
class PairMap {
 public:
  struct Merge {
    uint32_t rank = 0;
    int32_t merged = -1;
  };
  void reserve(size_t count) { resize(std::bit_ceil(count + count / 2 + 1)); }
  // False, and nothing changes, when the pair is there already.
  bool insert(int32_t left, int32_t right, Merge merge) {
    if (slots_.size() < count_ + count_ / 2 + 2) resize(std::max<size_t>(16, slots_.size() * 2));
    Slot& slot = slots_[find_slot(key(left, right))];
    if (slot.merge.merged >= 0) return false;
    slot = {key(left, right), merge};
    ++count_;
    return true;
  }
  // Null when they do not merge.
  const Merge* find(int32_t left, int32_t right) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[find_slot(key(left, right))];
    return slot.merge.merged >= 0 ? &slot.merge : nullptr;
  }
  bool empty() const { return count_ == 0; }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_)
      if (slot.merge.merged >= 0)
        visit(static_cast<int32_t>(slot.key >> 32), static_cast<int32_t>(slot.key), slot.merge);
  }

 private:
  struct Slot {
    uint64_t key = 0;
    Merge merge;
  };
  static uint64_t key(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  size_t find_slot(uint64_t key) const {
    size_t mask = slots_.size() - 1, at = mix64(key, 0) & mask;
    while (slots_[at].merge.merged >= 0 && slots_[at].key != key) at = (at + 1) & mask;
    return at;
  }
  void resize(size_t size) {
    std::vector<Slot> old(size);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.merge.merged >= 0) slots_[find_slot(slot.key)] = slot;
  }
  std::vector<Slot> slots_;
  size_t count_ = 0;
};

// Keeps its own copy of the texts.
class TextMap {
 public:
  void reserve(size_t count) { resize(std::bit_ceil(count + count / 2 + 1)); }
  // False, and nothing changes, when the text is there already.
  bool insert(std::string_view text, int32_t id) {
    if (slots_.size() < count_ + count_ / 2 + 2) resize(std::max<size_t>(16, slots_.size() * 2));
    uint32_t hash = hash_of(text);
    Slot& slot = slots_[find_slot(text, hash)];
    if (slot.id >= 0) return false;
    slot = {hash, static_cast<uint32_t>(text.size()), texts_.size(), id};
    texts_ += text;
    ++count_;
    return true;
  }
  std::optional<int32_t> find(std::string_view text) const {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[find_slot(text, hash_of(text))];
    return slot.id >= 0 ? std::optional(slot.id) : std::nullopt;
  }

 private:
  struct Slot {
    uint32_t hash = 0, size = 0;
    uint64_t at = 0;
    int32_t id = -1;
  };
  static uint32_t hash_of(std::string_view text) {
    return static_cast<uint32_t>(std::hash<std::string_view>()(text));
  }
  size_t find_slot(std::string_view text, uint32_t hash) const {
    size_t mask = slots_.size() - 1, at = mix64(hash, 0) & mask;
    while (slots_[at].id >= 0 && (slots_[at].hash != hash || text_of(slots_[at]) != text))
      at = (at + 1) & mask;
    return at;
  }
  std::string_view text_of(const Slot& slot) const {
    return std::string_view(texts_).substr(slot.at, slot.size);
  }
  void resize(size_t size) {
    std::vector<Slot> old(size);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.id < 0) continue;
      size_t mask = slots_.size() - 1, at = mix64(slot.hash, 0) & mask;
      while (slots_[at].id >= 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }
  std::vector<Slot> slots_;
  std::string texts_;
  size_t count_ = 0;
};

}  // namespace retort
