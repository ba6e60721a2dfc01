// What a posting says of its text before any token is read, and which postings of a list that leaves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pool/need.h"

namespace retort {

// A text of `length` tokens that holds an element at `position` of its order; sixteen bytes, read in a row.
struct Posting {
  uint32_t row;  // among the texts of its length
  uint16_t length, position;
  uint64_t signature;  // 64 bits over the elements: a bit that only one text has is an element not shared
  bool operator==(const Posting&) const = default;
};

// What is asked of the texts of one list.
struct PostingQuery {
  const NeedTable::Row& needs;  // how many elements must be shared, by the text's length
  size_t known, k;              // the query's elements that any text holds; this list is of the k-th of them
  uint64_t signature;           // of the query
};

// Appends those that can share what is needed: by length, by what is left behind k and behind the position,
// and by the signatures' bits.
void filter_postings_plain(std::span<const Posting> postings, const PostingQuery& query,
                           std::vector<Posting>& found);
// The same, eight at a time.
void filter_postings_avx512(std::span<const Posting> postings, const PostingQuery& query,
                            std::vector<Posting>& found);

}  // namespace retort
