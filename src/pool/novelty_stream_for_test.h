// A stream of candidates as a generator writes them, for the test and the benchmark of the novelty index:
// seeded recombinations of the sentences of the real rows, one in ten an edited copy of an earlier one.
// Candidate i depends on the rows, the seed and i alone.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "data/rows.h"

namespace retort {

class NoveltyStream {
 public:
  static constexpr const char* kRows = "../shared/data/instructions.jsonl";  // from the root of the checkout

  explicit NoveltyStream(const Path& rows, uint64_t seed = 1) : seed_(seed) {
    or_throw(read_rows(rows, [&](const DataRow& row) { take_sentences(row.instruction); }, {}));
  }

  std::string candidate(uint64_t index) const {
    Words words = candidate_words(index);
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
  }

 private:
  using Words = std::vector<std::string>;

  // Sentences of four to thirty words; they end at . ? ! before white space, and at the end of a line.
  void take_sentences(const std::string& text) {
    Words words;
    std::string word;
    for (size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : '\n';
      if (c != ' ' && c != '\n') {
        word += c;
        continue;
      }
      const bool ends = c == '\n' || word.ends_with('.') || word.ends_with('?') || word.ends_with('!');
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      if (!ends) continue;
      if (words.size() >= 4 && words.size() <= 30) sentences_.push_back(words);
      words.clear();
    }
  }

  Words candidate_words(uint64_t index) const {
    Random random(seed_, "novelty/stream", index);
    if (index > 0 && random.chance(0.1)) return edited(candidate_words(random.below(index)), random);
    const Words& head = random.pick(sentences_);
    if (random.chance(0.1)) return head;
    // The opening of one and the end of another.
    const Words& tail = random.pick(sentences_);
    Words words(head.begin(), head.begin() + random.range(1, static_cast<int64_t>(head.size())));
    words.insert(words.end(), tail.begin() + random.range(0, static_cast<int64_t>(tail.size()) - 1),
                 tail.end());
    return words;
  }

  // Words dropped, replaced or swapped, so that scores crowd around the threshold.
  Words edited(Words words, Random& random) const {
    const double rate = 0.3 * random.uniform();
    Words result;
    for (std::string& word : words) {
      if (random.chance(rate / 2)) continue;
      result.push_back(random.chance(rate) ? random.pick(random.pick(sentences_)) : std::move(word));
    }
    if (result.size() > 1 && random.chance(0.5))
      std::swap(result[random.below(result.size())], result[random.below(result.size())]);
    return result;
  }

  uint64_t seed_;
  std::vector<Words> sentences_;
};

}  // namespace retort
