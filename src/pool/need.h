// How many tokens two texts must share, in order, to be near duplicates: least_lcs of rouge.h, kept by both
// lengths, so that the hot loops compare integers and still decide as the double formula does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace retort {

class NeedTable {
 public:
  explicit NeedTable(double threshold);

  // Of one length m: what a text of n tokens needs. Lengths outside [shortest, longest()] cannot pass;
  // within, a need above min(m, n) cannot either.
  struct Row {
    size_t shortest = 1;
    std::vector<uint32_t> least;

    size_t longest() const { return shortest + least.size() - 1; }
    uint32_t at(size_t n) const {
      // A shorter n wraps round to a large index.
      return n - shortest < least.size() ? least[n - shortest] : UINT32_MAX;
    }
  };
  // The row of m >= 1, up to n = longest where such a text can pass.
  const Row& row(size_t m, size_t longest);
  // The least that any text needs with one of m tokens: no pair that passes shares fewer.
  uint32_t fewest(size_t m);

 private:
  double threshold_;
  double
      ratio_;  // no pair passes whose longer text is longer than ratio_ times the shorter, but for rounding
  std::unordered_map<size_t, Row> rows_;
  std::unordered_map<size_t, uint32_t> fewest_;
};

}  // namespace retort
