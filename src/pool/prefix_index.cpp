#include "pool/prefix_index.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/hash.h"

namespace retort {
namespace {

constexpr uint32_t kFirstRank = 1u << 31;  // below it: elements that came after the order was made

uint64_t repeat_key(uint32_t token, uint32_t occurrence) { return uint64_t{token} << 32 | occurrence; }

// Calls visit(token, occurrence) for each token; sorts `tokens`.
template <class Visit>
void for_each_occurrence(std::vector<uint32_t>& tokens, Visit&& visit) {
  std::sort(tokens.begin(), tokens.end());
  uint32_t occurrence = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    occurrence = i > 0 && tokens[i] == tokens[i - 1] ? occurrence + 1 : 0;
    visit(tokens[i], occurrence);
  }
}

}  // namespace

uint32_t PrefixIndex::element(uint32_t token, uint32_t occurrence) const {
  if (occurrence == 0) return token < first_.size() ? first_[token] : kNoElement;
  auto found = repeats_.find(repeat_key(token, occurrence));
  return found == repeats_.end() ? kNoElement : found->second;
}

uint32_t PrefixIndex::new_element() {
  const auto number = static_cast<uint32_t>(counts_.size());
  RETORT_CHECK(number < kFirstRank, "too many distinct tokens");
  counts_.push_back(0);
  order_.push_back(kFirstRank - 1 - number);
  postings_.emplace_back();
  return number;
}

void PrefixIndex::count(TokenIds tokens) {
  sorted_.assign(tokens.begin(), tokens.end());
  for_each_occurrence(sorted_, [&](uint32_t token, uint32_t occurrence) {
    if (token >= first_.size()) first_.resize(token + size_t{1}, kNoElement);
    uint32_t number = element(token, occurrence);
    if (number == kNoElement) {
      number = new_element();
      (occurrence == 0 ? first_[token] : repeats_[repeat_key(token, occurrence)]) = number;
    }
    ++counts_[number];
  });
}

void PrefixIndex::reorder() {
  std::vector<uint32_t> by_count(counts_.size());
  std::iota(by_count.begin(), by_count.end(), 0);
  std::stable_sort(by_count.begin(), by_count.end(),
                   [&](uint32_t a, uint32_t b) { return counts_[a] < counts_[b]; });
  for (size_t rank = 0; rank < by_count.size(); ++rank)
    order_[by_count[rank]] = kFirstRank + static_cast<uint32_t>(rank);
  for (std::vector<Posting>& list : postings_) list.clear();
}

void PrefixIndex::make_set(TokenIds tokens, ElementSet& set) {
  set.rarest_first.clear();
  set.signature = 0;
  sorted_.assign(tokens.begin(), tokens.end());
  for_each_occurrence(sorted_, [&](uint32_t token, uint32_t occurrence) {
    const uint32_t number = element(token, occurrence);
    if (number == kNoElement) return;
    set.rarest_first.push_back(number);
    set.signature |= uint64_t{1} << (mix64(number, 0) % 64);
  });
  std::sort(set.rarest_first.begin(), set.rarest_first.end(),
            [&](uint32_t a, uint32_t b) { return order_[a] < order_[b]; });
}

void PrefixIndex::add(TokenIds tokens, uint32_t row, size_t prefix) {
  RETORT_CHECK(tokens.size() <= kLongest);
  ElementSet set;
  make_set(tokens, set);
  for (size_t i = 0; i < prefix; ++i)
    postings_[set.rarest_first[i]].push_back(
        {row, static_cast<uint16_t>(tokens.size()), static_cast<uint16_t>(i), set.signature});
}

size_t PrefixIndex::posting_count(const ElementSet& query, size_t k) const {
  return postings_[query.rarest_first[k]].size();
}

void PrefixIndex::candidates(const ElementSet& query, size_t k, const NeedTable::Row& needs,
                             std::vector<Posting>& found) const {
  const std::vector<Posting>& postings = postings_[query.rarest_first[k]];
  const PostingQuery asked{needs, query.rarest_first.size(), k, query.signature};
  simd_ == Simd::Avx512 ? filter_postings_avx512(postings, asked, found)
                        : filter_postings_plain(postings, asked, found);
}

}  // namespace retort
