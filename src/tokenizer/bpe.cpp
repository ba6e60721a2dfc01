#include "tokenizer/bpe.h"

#include <queue>

namespace retort {
namespace {

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
  Merger(const Bpe& bpe, std::string_view piece) : bpe_(bpe) {
    int32_t count = static_cast<int32_t>(piece.size());
    parts_.reserve(piece.size());
    for (int32_t i = 0; i < count; ++i)
      parts_.push_back(
          {bpe.byte_ids[static_cast<unsigned char>(piece[i])], i - 1, i + 1 < count ? i + 1 : -1});
    for (int32_t i = 0; i + 1 < count; ++i) propose(i);
  }

  void run() {
    while (!heap_.empty()) {
      Candidate best = heap_.top();
      heap_.pop();
      if (still_true(best)) join(best);
    }
  }

  void append_ids(std::vector<int32_t>& out) const {
    for (int32_t at = 0; at >= 0; at = parts_[at].after) out.push_back(parts_[at].id);
  }

 private:
  const Bpe::Merge* merge_at(int32_t at) const {
    const Part& left = parts_[at];
    if (left.id < 0 || left.after < 0) return nullptr;
    auto found = bpe_.merges.find(Bpe::pair(left.id, parts_[left.after].id));
    return found == bpe_.merges.end() ? nullptr : &found->second;
  }
  void propose(int32_t at) {
    if (const Bpe::Merge* merge = merge_at(at)) heap_.push({merge->rank, at, merge->merged});
  }
  // An earlier merge may have taken one of the two parts.
  bool still_true(const Candidate& candidate) const {
    const Bpe::Merge* merge = merge_at(candidate.at);
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

  const Bpe& bpe_;
  std::vector<Part> parts_;
  std::priority_queue<Candidate> heap_;
};

}  // namespace

void Bpe::encode(std::string_view piece, std::vector<int32_t>& out) const {
  if (piece.empty()) return;
  if (ignore_merges) {
    if (auto whole = ids.find(piece); whole != ids.end()) return out.push_back(whole->second);
  }
  if (merges.empty()) {
    for (char c : piece) out.push_back(byte_ids[static_cast<unsigned char>(c)]);
    return;
  }
  Merger merger(*this, piece);
  merger.run();
  merger.append_ids(out);
}

}  // namespace retort
