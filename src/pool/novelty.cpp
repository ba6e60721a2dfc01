#include "pool/novelty.h"

#include <algorithm>

#include "base/check.h"
#include "pool/nearest.h"
#include "pool/rouge.h"

namespace retort {
namespace {

constexpr size_t kScanBlocks = 64;  // scored between two looks at the result
// What things cost, in postings read (about a nanosecond each): to align a candidate; to align a text among
// all of a length, in lanes or, when the query is too long for those, by itself.
constexpr size_t kCandidateCost = 64, kLaneCost = 2, kLongCost = 256;

}  // namespace

NoveltyIndex::NoveltyIndex(const NoveltyOptions& options)
    : options_(options),
      vocabulary_(options.tokens),
      needs_(options.threshold),
      prefixes_(options.simd),
      lanes_(options.simd) {}

void NoveltyIndex::add(std::string_view text) {
  RETORT_CHECK(size() < UINT32_MAX);
  const std::vector<uint32_t> ids = vocabulary_.ids(text);
  if (ids.empty()) wordless_.emplace(text);
  TextBlocks& texts = lengths_.try_emplace(ids.size(), ids.size()).first->second;
  places_.push_back({static_cast<uint32_t>(ids.size()), static_cast<uint32_t>(texts.texts().size())});
  texts.add(ids, static_cast<uint32_t>(size() - 1));
  prefixes_.count(ids);
}

// Lazily, so that a pool which is loaded at once is ordered once, by its own counts; and again whenever the
// index has doubled, which costs as much as adding does.
void NoveltyIndex::index_new_texts() {
  if (size() >= 2 * std::max<size_t>(ordered_, 32)) {
    prefixes_.reorder();
    ordered_ = size();
    indexed_ = 0;
  }
  for (; indexed_ < size(); ++indexed_) {
    const Place place = places_[indexed_];
    if (place.length == 0 || place.length > PrefixIndex::kLongest) continue;
    lengths_.at(place.length).copy_tokens(place.row, tokens_);
    prefixes_.add(tokens_, place.row, place.length - needs_.fewest(place.length) + 1);
  }
}

bool NoveltyIndex::is_near_duplicate(std::string_view text) {
  if (options_.threshold == 1.0 || size() == 0) return false;
  const std::vector<uint32_t> query = vocabulary_.known_ids(text);
  if (query.empty()) return options_.refuse_identical_wordless && wordless_.contains(std::string(text));
  index_new_texts();
  const NeedTable::Row& needs = needs_.row(query.size(), lengths_.rbegin()->first);
  // Where texts cannot be in the prefix filter, all are aligned.
  return needs.longest() > PrefixIndex::kLongest ? scan(query, needs) : search(query, needs);
}

bool NoveltyIndex::search(TokenIds query, const NeedTable::Row& needs) {
  const size_t fewest = needs_.fewest(query.size());
  const size_t budget = size() * (query.size() <= LcsLanes::kPatternMax ? kLaneCost : kLongCost);
  size_t spent = 0;
  prefixes_.make_set(query, set_);
  pattern_.assign(query);
  candidates_.clear();
  for (size_t k = 0; k + fewest <= set_.rarest_first.size(); ++k) {
    spent += prefixes_.posting_count(set_, k) + kCandidateCost * candidates_.size();
    // Texts that have all too much in common: the filter costs more than it saves.
    if (spent > budget) return scan(query, needs);
    candidates_.clear();
    prefixes_.candidates(set_, k, needs, candidates_);
    for (const Posting& candidate : candidates_)
      if (passes(candidate, needs.at(candidate.length))) return true;
  }
  return false;
}

bool NoveltyIndex::passes(const Posting& posting, size_t need) {
  lengths_.at(posting.length).copy_tokens(posting.row, tokens_);
  return pattern_.shares_at_least(tokens_, need) && pattern_.length_with(tokens_) >= need;
}

bool NoveltyIndex::scan(TokenIds query, const NeedTable::Row& needs) {
  lanes_.assign(query, vocabulary_.id_count());
  for (auto at = lengths_.lower_bound(needs.shortest); at != lengths_.end(); ++at) {
    const size_t length = at->first, need = needs.at(length);
    if (need > std::min(length, query.size())) continue;
    const auto passes = [&](size_t, uint32_t lcs) { return lcs >= need; };
    if (any_of_length(at->second, passes)) return true;
  }
  return false;
}

// Whether stop(row, LCS with the query) says so of any; asks in order, and no further.
template <class Stop>
bool NoveltyIndex::any_of_length(const TextBlocks& texts, Stop&& stop) {
  scores_.resize(kScanBlocks * kLanes);
  for (size_t first = 0; first < texts.block_count(); first += kScanBlocks) {
    const size_t count = std::min(kScanBlocks, texts.block_count() - first);
    lanes_.lengths(texts, first, count, scores_.data());
    const size_t begin = first * kLanes, end = std::min(begin + count * kLanes, texts.texts().size());
    for (size_t row = begin; row < end; ++row)
      if (stop(row, scores_[row - begin])) return true;
  }
  return false;
}

Similarity NoveltyIndex::similarity(std::string_view text, size_t nearest_count) {
  const std::vector<uint32_t> query = vocabulary_.known_ids(text);
  lanes_.assign(query, vocabulary_.id_count());
  Nearest nearest(nearest_count);
  double sum = 0;
  // Likely near ones first, so that few of the rest enter the list: as long as the query, longer, shorter.
  const auto middle = lengths_.lower_bound(query.size());
  for (auto at = middle; at != lengths_.end(); ++at) sum += score_length(at->second, query.size(), nearest);
  for (auto at = lengths_.begin(); at != middle; ++at) sum += score_length(at->second, query.size(), nearest);
  return {.nearest = nearest.sorted(), .mean = size() == 0 ? 0 : sum / static_cast<double>(size())};
}

// The sum of the scores; the best enter `nearest`.
double NoveltyIndex::score_length(const TextBlocks& texts, size_t query_length, Nearest& nearest) {
  const size_t n = texts.length();
  uint64_t lcs_sum = 0;
  size_t enters = nearest.least_lcs_to_enter(n, query_length);
  any_of_length(texts, [&](size_t row, uint32_t lcs) {
    lcs_sum += lcs;
    if (lcs >= enters) {
      nearest.offer({texts.texts()[row], rouge_l_from(lcs, n, query_length)});
      enters = nearest.least_lcs_to_enter(n, query_length);
    }
    return false;
  });
  // F = 2 L / (m + n), but for rounding.
  return n + query_length == 0 ? 0 : 2 * static_cast<double>(lcs_sum) / static_cast<double>(n + query_length);
}

}  // namespace retort
