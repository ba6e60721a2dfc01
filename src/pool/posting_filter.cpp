#include "pool/posting_filter.h"

#include <bit>

#include "pool/simd.h"

namespace retort {

RETORT_COUNTS_BITS void filter_postings_plain(std::span<const Posting> postings, const PostingQuery& query,
                                              std::vector<Posting>& found) {
  for (const Posting& p : postings) {
    const size_t need = query.needs.at(p.length);
    const auto missing = static_cast<size_t>(std::popcount(query.signature & ~p.signature));
    const auto extra = static_cast<size_t>(std::popcount(p.signature & ~query.signature));
    // No short circuit: which of these rules a posting out is not to be predicted, that one does is.
    const bool may = bool((need + query.k <= query.known) & (need + p.position <= p.length) &
                          (need + missing <= query.known) & (need + extra <= p.length));
    if (may) found.push_back(p);
  }
}

}  // namespace retort
