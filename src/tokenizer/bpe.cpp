#include "tokenizer/bpe.h"

#include <algorithm>
#include <queue>
#include <span>

#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // "▁"
constexpr size_t kShort = 24;                            // symbols: up to here a scan beats the heap

// A doubly linked list of what the piece is made of so far; -1 ends it, a dead part has id -1.
struct Part {
  int32_t id, before, after;
};

struct Candidate {
  uint32_t rank;
  int32_t at, merged;
  bool operator<(const Candidate& other) const {  // the heap's top: least rank, then leftmost
    return rank != other.rank ? rank > other.rank : at > other.at;
  }
};

class Merger {
 public:
  Merger(const PairMap& merges, std::span<const int32_t> symbols) : merges_(merges) {
    int32_t count = static_cast<int32_t>(symbols.size());
    parts_.reserve(symbols.size());
    for (int32_t i = 0; i < count; ++i)
      parts_.push_back({symbols[static_cast<size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1});
    std::vector<Candidate> first;
    first.reserve(symbols.size());
    for (int32_t i = 0; i + 1 < count; ++i)
      if (const PairMap::Merge* merge = merge_at(i)) first.push_back({merge->rank, i, merge->merged});
    heap_ = std::priority_queue<Candidate>(std::less<Candidate>(), std::move(first));
  }

  void run() {
    while (!heap_.empty()) {
      Candidate best = heap_.top();
      heap_.pop();
      if (still_true(best)) join(best);
    }
  }

  void append_ids(std::vector<int32_t>& out) const {
    for (int32_t at = parts_.empty() ? -1 : 0; at >= 0; at = parts_[at].after) out.push_back(parts_[at].id);
  }

 private:
  const PairMap::Merge* merge_at(int32_t at) const {
    const Part& left = parts_[at];
    return left.id < 0 || left.after < 0 ? nullptr : merges_.find(left.id, parts_[left.after].id);
  }
  void propose(int32_t at) {
    if (const PairMap::Merge* merge = merge_at(at)) heap_.push({merge->rank, at, merge->merged});
  }
  // An earlier merge may have taken one of the two parts.
  bool still_true(const Candidate& candidate) const {
    const PairMap::Merge* merge = merge_at(candidate.at);
    return merge != nullptr && merge->merged == candidate.merged;
  }
  void join(const Candidate& candidate) {
    Part& left = parts_[candidate.at];
    Part& right = parts_[left.after];
    left.id = candidate.merged;
    left.after = right.after;
    right.id = -1;
    if (left.after >= 0) parts_[left.after].before = candidate.at;
    if (left.before >= 0) propose(left.before);
    propose(candidate.at);
  }

  const PairMap& merges_;
  std::vector<Part> parts_;
  std::priority_queue<Candidate> heap_;
};

// The same for few symbols: look at every neighbour pair, merge the best, again.
void merge_short(const PairMap& merges, std::vector<int32_t>& ids, size_t from) {
  constexpr uint32_t kNever = UINT32_MAX;
  std::array<PairMap::Merge, kShort> pairs;  // of symbol i and i + 1
  size_t count = ids.size() - from;
  int32_t* symbols = ids.data() + from;
  auto look_up = [&](size_t i) {
    const PairMap::Merge* merge = merges.find(symbols[i], symbols[i + 1]);
    pairs[i] = merge != nullptr ? *merge : PairMap::Merge{kNever, -1};
  };
  for (size_t i = 0; i + 1 < count; ++i) look_up(i);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (pairs[i].rank < pairs[best].rank) best = i;
    if (pairs[best].rank == kNever) break;
    symbols[best] = pairs[best].merged;
    --count;
    for (size_t i = best + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      pairs[i - 1] = pairs[i];
    }
    if (best > 0) look_up(best - 1);
    if (best + 1 < count) look_up(best);
  }
  ids.resize(from + count);
}

void merge_symbols(const PairMap& merges, std::vector<int32_t>& ids, size_t from) {
  if (ids.size() - from <= kShort) return merge_short(merges, ids, from);
  Merger merger(merges, std::span(ids).subspan(from));
  merger.run();
  ids.resize(from);
  merger.append_ids(ids);
}

// What a piece starts as. One unknown waits for the next known symbol, and a fallback to bytes does not
// release it: so do `tokenizers`.
class Gathered {
 public:
  Gathered(const Bpe& bpe, std::vector<int32_t>& out) : bpe_(bpe), out_(out) {}
  void add(int32_t id) {
    release();
    out_.push_back(id);
  }
  void add_unknown() {
    if (!bpe_.unknown_id) return;
    if (!bpe_.fuse_unknown) release();
    waiting_ = true;
  }
  bool add_bytes(std::string_view character) {
    for (char c : character)
      if (bpe_.byte_ids[static_cast<unsigned char>(c)] < 0) return false;
    for (char c : character) out_.push_back(bpe_.byte_ids[static_cast<unsigned char>(c)]);
    return true;
  }
  void release() {
    if (waiting_) out_.push_back(*bpe_.unknown_id);
    waiting_ = false;
  }

 private:
  const Bpe& bpe_;
  std::vector<int32_t>& out_;
  bool waiting_ = false;
};

// The last character of a text that is not empty.
uint32_t last_character(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return character_at(text, at).code_point;
}

// Where the "▁word" that starts `piece` ends: before the next "▁" that no merge joins to what precedes it.
size_t word_end(const Bpe& bpe, std::string_view piece) {
  size_t at = 0;
  while (true) {
    while (piece.substr(at).starts_with(kSpaceMark)) at += kSpaceMark.size();
    size_t next = piece.find(kSpaceMark, at);
    if (next == std::string_view::npos) return piece.size();
    uint32_t before = last_character(piece.substr(0, next));
    if (!std::binary_search(bpe.joins_mark.begin(), bpe.joins_mark.end(), before)) return next;
    at = next;
  }
}

void encode_word(const Bpe& bpe, std::string_view word, WordCache& cache, std::vector<int32_t>& out) {
  if (cache.find(word, out)) return;
  size_t from = out.size();
  bpe.append_symbols(word, out);
  if (!bpe.merges.empty()) merge_symbols(bpe.merges, out, from);
  cache.keep(word, std::span(out).subspan(from));
}

}  // namespace

void Bpe::append_symbols(std::string_view piece, std::vector<int32_t>& out) const {
  Gathered gathered(*this, out);
  if (symbols == Symbols::Bytes) {
    for (char c : piece) {
      int32_t id = byte_ids[static_cast<unsigned char>(c)];
      id >= 0 ? gathered.add(id) : gathered.add_unknown();
    }
  }
  for (size_t at = 0; symbols == Symbols::Characters && at < piece.size();) {
    std::string_view character = piece.substr(at, character_at(piece, at).bytes);
    if (std::optional<int32_t> id = ids.find(character))
      gathered.add(*id);
    else if (!(byte_fallback && gathered.add_bytes(character)))
      gathered.add_unknown();
    at += character.size();
  }
  gathered.release();
}

void Bpe::encode(std::string_view piece, WordCache& cache, std::vector<int32_t>& out) const {
  if (piece.empty()) return;
  if (ignore_merges) {
    if (std::optional<int32_t> whole = ids.find(piece)) return out.push_back(*whole);
  }
  while (words_apart && !piece.empty()) {
    size_t end = word_end(*this, piece);
    encode_word(*this, piece.substr(0, end), cache, out);
    piece.remove_prefix(end);
  }
  if (!piece.empty()) encode_word(*this, piece, cache, out);
}

void Bpe::encode_plain(std::string_view piece, std::vector<int32_t>& out) const {
  if (piece.empty()) return;
  if (ignore_merges) {
    if (std::optional<int32_t> whole = ids.find(piece)) return out.push_back(*whole);
  }
  std::vector<int32_t> start;
  append_symbols(piece, start);
  Merger merger(merges, start);
  merger.run();
  merger.append_ids(out);
}

}  // namespace retort
