#include "pool/vocabulary.h"

#include "base/check.h"
#include "pool/rouge.h"
#include "pool/unicode_words.h"

namespace retort {

TokenRule token_rule(std::string_view name) {
  RETORT_CHECK(name == "rouge" || name == "unicode", "no token rule is called \"{}\"", name);
  return name == "rouge" ? TokenRule::Rouge : TokenRule::Unicode;
}

void Vocabulary::visit(std::string_view text, const std::function<void(std::string_view)>& visit) const {
  rule_ == TokenRule::Rouge ? visit_rouge_tokens(text, visit) : visit_unicode_words(text, visit);
}

std::vector<uint32_t> Vocabulary::ids(std::string_view text) {
  std::vector<uint32_t> ids;
  visit(text, [&](std::string_view token) {
    auto found = index_.find(token);
    if (found == index_.end()) found = index_.emplace(token, static_cast<uint32_t>(id_count())).first;
    ids.push_back(found->second);
  });
  return ids;
}

std::vector<uint32_t> Vocabulary::known_ids(std::string_view text) const {
  std::vector<uint32_t> ids;
  visit(text, [&](std::string_view token) {
    auto found = index_.find(token);
    ids.push_back(found == index_.end() ? kNoToken : found->second);
  });
  return ids;
}

}  // namespace retort
