// Longest common subsequences of one pattern with many texts, bit-parallel (Hyyrö 2004: U = V & M[t]; V = (V
// + U) | (V - U)), any number of 64-bit words. About four operations per 64 pattern tokens and text token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace retort {

using TokenIds = std::span<const uint32_t>;
// A token that no text of a pool holds; what a pool's own texts hold counts from 1.
constexpr uint32_t kNoToken = 0;

class LcsPattern {
 public:
  // Replaces the pattern. Ids should be dense: a table as long as the greatest id is kept.
  void assign(TokenIds pattern);
  size_t length_with(TokenIds text);
  // Whether both have at least `need` tokens in common, repeats counted and order ignored: a bound on the LCS
  // that costs less.
  bool shares_at_least(TokenIds text, size_t need);

 private:
  uint32_t slot(uint32_t id) const { return id < slot_of_.size() ? slot_of_[id] : 0; }

  std::vector<uint32_t> pattern_;
  std::vector<uint32_t> slot_of_;       // by token id; 0: not in the pattern
  std::vector<uint32_t> counts_ = {0};  // by slot: how often the pattern holds the token
  std::vector<uint64_t> masks_;         // by slot, words_ each: where in the pattern it stands
  std::vector<uint64_t> state_;         // scratch: V
  std::vector<uint32_t> left_;          // scratch: counts_ less what a text has used up
  size_t words_ = 0;
};

}  // namespace retort
