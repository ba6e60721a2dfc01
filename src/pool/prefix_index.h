// An exact prefix filter over texts as sets (AllPairs, Bayardo et al. 2007; PPJoin, Xiao et al. 2008):
// elements are ordered rarest first, and two texts that share `need` of their m and n elements share one
// among the first m - need + 1 and n - need + 1 of them. So only those are indexed and probed, and position,
// length and signature of a posting rule out nearly all of the rest before any token is read. Any fixed order
// is exact; a good one is fast.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "pool/lcs.h"
#include "pool/posting_filter.h"
#include "pool/simd.h"

namespace retort {

// A text's tokens as a set, repeats made distinct as (token, how many before); without those that no text of
// the index holds.
struct ElementSet {
  std::vector<uint32_t> rarest_first;  // element numbers
  uint64_t signature = 0;              // as a posting's
};

class PrefixIndex {
 public:
  static constexpr size_t kLongest = UINT16_MAX;  // longer texts cannot be indexed

  explicit PrefixIndex(Simd simd) : simd_(simd) {}

  // Counts a text's elements, from which reorder() makes the order; every text is counted before it is added.
  void count(TokenIds tokens);
  // Orders elements by the counts and forgets what was added. Elements counted later are the rarest.
  void reorder();
  // Indexes a text of at most kLongest tokens by its `prefix` rarest elements.
  void add(TokenIds tokens, uint32_t row, size_t prefix);

  void make_set(TokenIds tokens, ElementSet& set);
  // How many postings the query's k-th element has.
  size_t posting_count(const ElementSet& query, size_t k) const;
  // Appends those of them that can belong to a text which shares as much with the query as `needs` asks.
  // Called for k = 0, 1, ... up to the query's known elements less the fewest needed, it misses no such text,
  // may find one several times, and finds few others.
  void candidates(const ElementSet& query, size_t k, const NeedTable::Row& needs,
                  std::vector<Posting>& found) const;

 private:
  uint32_t element(uint32_t token, uint32_t occurrence) const;  // kNoElement: no text holds it
  uint32_t new_element();

  static constexpr uint32_t kNoElement = UINT32_MAX;
  Simd simd_;
  std::vector<uint32_t> first_;                     // by token: the element of its first occurrence
  std::unordered_map<uint64_t, uint32_t> repeats_;  // (token, occurrence >= 1)
  // By element.
  std::vector<uint32_t> counts_;
  std::vector<uint32_t> order_;
  std::vector<std::vector<Posting>> postings_;
  std::vector<uint32_t> sorted_;  // scratch
};

}  // namespace retort
