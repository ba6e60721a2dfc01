#include "tokenizer/bpe_trainer.h"

#include <algorithm>
#include <map>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/pre_tokenizer.h"

namespace retort {
namespace {

struct Pair {
  int32_t left = 0, right = 0;
  bool operator==(const Pair&) const = default;
  auto operator<=>(const Pair&) const = default;
};
struct PairHash {
  size_t operator()(const Pair& pair) const {
    return mix64(static_cast<uint32_t>(pair.left), static_cast<uint32_t>(pair.right));
  }
};
struct Word {
  std::vector<int32_t> tokens;
  int64_t count = 0;
};
struct Seen {
  int64_t count = 0;
  std::unordered_set<uint32_t> words;  // that held the pair at some time
};
struct Candidate {
  int64_t count;
  Pair pair;
  bool operator<(const Candidate& other) const {  // the heap's top: most frequent, then least ids
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

class Trainer {
 public:
  explicit Trainer(const BpeTraining& options) : options_(options) {
    for (const std::string& token : options.special_tokens) add_token(token);
    // In the order of the characters that stand for the bytes.
    std::map<std::string, int> alphabet;
    for (int byte = 0; byte < 256; ++byte)
      alphabet.emplace(to_byte_alphabet(std::string(1, static_cast<char>(byte))), byte);
    for (const auto& [character, byte] : alphabet) byte_ids_[byte] = add_token(character);
  }

  void read(std::span<const std::string> texts) {
    std::map<std::string, int64_t, std::less<>> counts;
    PreTokenizer cut = gpt2_pre_tokenizer();
    PreTokenizer::Made made;
    std::vector<std::string_view> pieces;
    for (const std::string& text : texts) {
      std::string valid = replace_invalid_utf8(text);
      pieces.clear();
      cut.split(valid, Place::TextStart, made, pieces);
      for (std::string_view piece : pieces) {
        auto known = counts.find(piece);
        known != counts.end() ? void(++known->second) : void(counts.emplace(piece, 1));
      }
    }
    for (const auto& [text, count] : counts) {
      Word word{{}, count};
      for (char c : text) word.tokens.push_back(byte_ids_[static_cast<unsigned char>(c)]);
      words_.push_back(std::move(word));
      count_pairs(static_cast<uint32_t>(words_.size() - 1), +1);
    }
    for (const auto& [pair, seen] : pairs_) heap_.push({seen.count, pair});
  }

  void learn() {
    while (static_cast<int64_t>(tokens_.size()) < options_.vocabulary && !heap_.empty()) {
      Candidate best = heap_.top();
      heap_.pop();
      int64_t count = pairs_[best.pair].count;
      if (count < std::max<int64_t>(1, options_.count_min)) continue;
      if (count != best.count)
        heap_.push({count, best.pair});  // it has lost some since
      else
        merge(best.pair);
    }
  }

  std::string json() const {
    std::string vocabulary, merges, added;
    auto item = [](std::string& list, const std::string& text) {
      list += (list.empty() ? "" : ",\n") + text;
    };
    // The special tokens too: `tokenizers` gives an added token that is not in the vocabulary another id.
    for (size_t id = 0; id < tokens_.size(); ++id)
      item(vocabulary, Json(tokens_[id]).dump() + ": " + std::to_string(id));
    for (const Pair& pair : merges_)
      item(merges, Json::array().push(token(pair.left)).push(token(pair.right)).dump());
    for (size_t id = 0; id < options_.special_tokens.size(); ++id) {
      Json one = Json::object().set("id", id).set("content", tokens_[id]).set("special", true);
      for (const char* off : {"single_word", "lstrip", "rstrip", "normalized"}) one.set(off, false);
      item(added, one.dump());
    }
    constexpr std::string_view kByteLevel =
        R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true})";
    return format(
        R"({{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{}], "normalizer": null,
"pre_tokenizer": {}, "post_processor": null, "decoder": {},
"model": {{"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
"end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
"vocab": {{{}}}, "merges": [{}]}}}}
)",
        added, kByteLevel, kByteLevel, vocabulary, merges);
  }

 private:
  const std::string& token(int32_t id) const { return tokens_[static_cast<size_t>(id)]; }
  int32_t add_token(const std::string& text) {
    auto [at, fresh] = ids_.emplace(text, static_cast<int32_t>(tokens_.size()));
    if (fresh) tokens_.push_back(text);
    return at->second;
  }

  // Adds (+1) or takes away (-1) what a word says about its pairs.
  void count_pairs(uint32_t word_index, int sign) {
    const Word& word = words_[word_index];
    for (size_t i = 0; i + 1 < word.tokens.size(); ++i) {
      Seen& seen = pairs_[{word.tokens[i], word.tokens[i + 1]}];
      seen.count += sign * word.count;
      if (sign > 0) seen.words.insert(word_index);
    }
  }

  void merge(Pair pair) {
    int32_t merged = add_token(token(pair.left) + token(pair.right));
    merges_.push_back(pair);
    std::unordered_set<uint32_t> holders = std::move(pairs_[pair].words);
    std::vector<Pair> grown;
    for (uint32_t index : holders) {
      Word& word = words_[index];
      count_pairs(index, -1);
      size_t kept = 0;
      for (size_t i = 0; i < word.tokens.size(); ++kept) {
        bool here = i + 1 < word.tokens.size() && Pair{word.tokens[i], word.tokens[i + 1]} == pair;
        word.tokens[kept] = here ? merged : word.tokens[i];
        i += here ? 2 : 1;
      }
      word.tokens.resize(kept);
      count_pairs(index, +1);
      for (size_t i = 0; i + 1 < kept; ++i)
        if (word.tokens[i] == merged || word.tokens[i + 1] == merged)
          grown.push_back({word.tokens[i], word.tokens[i + 1]});
    }
    pairs_.erase(pair);
    std::sort(grown.begin(), grown.end());
    grown.erase(std::unique(grown.begin(), grown.end()), grown.end());
    for (const Pair& one : grown) heap_.push({pairs_[one].count, one});
  }

  const BpeTraining& options_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, int32_t> ids_;
  int32_t byte_ids_[256] = {};
  std::vector<Word> words_;
  std::unordered_map<Pair, Seen, PairHash> pairs_;
  std::priority_queue<Candidate> heap_;
  std::vector<Pair> merges_;
};

}  // namespace

Result<std::string> train_byte_level_json(std::span<const std::string> texts, const BpeTraining& options) {
  int64_t least = 256 + static_cast<int64_t>(options.special_tokens.size());
  if (options.vocabulary < least)
    return Error{
        ErrorCode::InvalidArgument,
        format("a vocabulary of {} does not hold the 256 bytes and {} special tokens; use at least {}",
               options.vocabulary, options.special_tokens.size(), least)};
  Trainer trainer(options);
  trainer.read(texts);
  trainer.learn();
  return trainer.json();
}

}  // namespace retort
