// Tokens of texts as dense ids, in order of first appearance from 1 on. Ids depend on the order of calls; LCS
// lengths do not.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pool/lcs.h"

namespace retort {

// What is a token.
enum class TokenRule {
  Rouge,    // rouge_score's (rouge.h): runs of ASCII letters and digits; other scripts do not exist
  Unicode,  // ours (unicode_words.h): words of every script
};

// "rouge" or "unicode"; requires one of them.
TokenRule token_rule(std::string_view name);

class Vocabulary {
 public:
  explicit Vocabulary(TokenRule rule = TokenRule::Rouge) : rule_(rule) {}
  std::vector<uint32_t> ids(std::string_view text);
  // Without learning any: kNoToken for those that are not known.
  std::vector<uint32_t> known_ids(std::string_view text) const;
  // Every id is below it.
  size_t id_count() const { return index_.size() + 1; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view token) const { return std::hash<std::string_view>()(token); }
  };

  void visit(std::string_view text, const std::function<void(std::string_view)>& visit) const;

  TokenRule rule_;
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> index_;
};

}  // namespace retort
