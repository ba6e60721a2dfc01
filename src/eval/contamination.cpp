#include "eval/contamination.h"

#include <algorithm>

#include "base/hash.h"
#include "pool/unicode_words.h"

namespace retort {
namespace {

std::vector<uint64_t> word_hashes(std::string_view text) {
  std::vector<uint64_t> hashes;
  visit_unicode_words(text, [&](std::string_view word) { hashes.push_back(fnv1a64(word)); });
  return hashes;
}

uint64_t hash_of(std::span<const uint64_t> words) {
  uint64_t hash = words.size();
  for (uint64_t word : words) hash = mix64(hash, word);
  return hash;
}

}  // namespace

ContaminationIndex::ContaminationIndex(std::span<const EvalQuestion> questions) {
  for (const EvalQuestion& question : questions) {
    const auto index = static_cast<uint32_t>(ids_.size());
    ids_.push_back(question.id);
    for (const std::string& turn : question.turns) {
      const std::vector<uint64_t> words = word_hashes(turn);
      if (words.empty()) continue;
      exact_.emplace(hash_of(words), index);
      for (size_t i = 0; i + kContaminationWords <= words.size(); ++i) {
        std::vector<uint32_t>& held = grams_[hash_of(std::span(words).subspan(i, kContaminationWords))];
        if (held.empty() || held.back() != index) held.push_back(index);
      }
    }
  }
}

void ContaminationIndex::look_at(std::string_view instruction, std::string_view answer) {
  const std::vector<uint64_t> words = word_hashes(instruction);
  ++rows_;
  if (const auto same = exact_.find(hash_of(words)); same != exact_.end()) {
    ++exact_rows_;
    exact_hit_.insert(same->second);
  }
  const bool in_instruction = overlaps(words), in_answer = overlaps(word_hashes(answer));
  overlap_rows_ += in_instruction || in_answer ? 1 : 0;
}

bool ContaminationIndex::overlaps(const std::vector<uint64_t>& words) {
  bool found = false;
  for (size_t i = 0; i + kContaminationWords <= words.size(); ++i) {
    const auto held = grams_.find(hash_of(std::span(words).subspan(i, kContaminationWords)));
    if (held == grams_.end()) continue;
    found = true;
    overlap_hit_.insert(held->second.begin(), held->second.end());
  }
  return found;
}

std::vector<std::string> ContaminationIndex::exact_questions() const {
  std::vector<std::string> hit;
  for (uint32_t i = 0; i < ids_.size(); ++i)
    if (exact_hit_.count(i) > 0) hit.push_back(ids_[i]);
  return hit;
}

std::vector<std::string> ContaminationIndex::overlap_questions() const {
  std::vector<std::string> hit;
  for (uint32_t i = 0; i < ids_.size(); ++i)
    if (overlap_hit_.count(i) > 0) hit.push_back(ids_[i]);
  return hit;
}

}  // namespace retort
