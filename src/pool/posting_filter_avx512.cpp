// filter_postings with AVX-512: eight postings are two registers, taken apart into places and signatures.
#include "base/check.h"
#include "pool/posting_filter.h"
#include "pool/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

// GCC 12 takes the intrinsics' own undefined operands for ours (its bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace retort {
namespace {

static_assert(sizeof(Posting) == 16 && offsetof(Posting, length) == 4 && offsetof(Posting, position) == 6 &&
              offsetof(Posting, signature) == 8);

// Which of the eight may pass, a bit each.
RETORT_AVX512 inline __mmask8 may_pass(const Posting* postings, const PostingQuery& query) {
  const __m512i first = _mm512_loadu_si512(postings), last = _mm512_loadu_si512(postings + 4);
  const __m512i place = _mm512_permutex2var_epi64(first, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), last);
  const __m512i signature =
      _mm512_permutex2var_epi64(first, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), last);
  const __m512i length = _mm512_and_si512(_mm512_srli_epi64(place, 32), _mm512_set1_epi64(0xFFFF));
  const __m512i position = _mm512_srli_epi64(place, 48);

  const auto number = [](size_t n) { return static_cast<long long>(n); };
  const __m512i row =
      _mm512_sub_epi64(length, _mm512_set1_epi64(number(query.needs.shortest)));  // a shorter one wraps round
  const __mmask8 fits = _mm512_cmplt_epu64_mask(row, _mm512_set1_epi64(number(query.needs.least.size())));
  const __m256i least =
      _mm512_mask_i64gather_epi32(_mm256_setzero_si256(), fits, row, query.needs.least.data(), 4);
  const __m512i need = _mm512_cvtepu32_epi64(least);

  const __m512i asked = _mm512_set1_epi64(static_cast<long long>(query.signature));
  const __m512i missing = _mm512_popcnt_epi64(_mm512_andnot_si512(signature, asked));
  const __m512i extra = _mm512_popcnt_epi64(_mm512_andnot_si512(asked, signature));
  const __m512i of_query = _mm512_sub_epi64(_mm512_set1_epi64(number(query.known)),
                                            _mm512_max_epi64(missing, _mm512_set1_epi64(number(query.k))));
  const __m512i of_text = _mm512_sub_epi64(length, _mm512_max_epi64(extra, position));
  return _mm512_mask_cmple_epi64_mask(fits, need, _mm512_min_epi64(of_query, of_text));
}

}  // namespace

RETORT_AVX512 void filter_postings_avx512(std::span<const Posting> postings, const PostingQuery& query,
                                          std::vector<Posting>& found) {
  size_t i = 0;
  for (; i + 8 <= postings.size(); i += 8)
    for (unsigned left = may_pass(postings.data() + i, query); left != 0; left &= left - 1)
      found.push_back(postings[i + static_cast<size_t>(__builtin_ctz(left))]);
  filter_postings_plain(postings.subspan(i), query, found);
}

}  // namespace retort

#else

namespace retort {

void filter_postings_avx512(std::span<const Posting>, const PostingQuery&, std::vector<Posting>&) {
  RETORT_CHECK(false, "no AVX-512 here");
}

}  // namespace retort

#endif
