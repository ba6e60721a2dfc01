#include "tokenizer/added_tokens.h"
#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

bool is_word(const Character& c) {
  return is_letter(c.kind) || c.kind == CharacterClass::Number || c.kind == CharacterClass::Mark ||
         c.code_point == '_';
}

bool ends_with_word(std::string_view text) {
  if (text.empty()) return false;
  size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return is_word(character_at(text, at));
}

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  return !ends_with_word(text.substr(0, begin)) && !is_word(character_at(text, end));
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<const AddedToken*> tokens) : tokens_(std::move(tokens)) {
  first_.fill(-1);
  ends_.push_back(nullptr);  // the root
  for (const AddedToken* token : tokens_) {
    int32_t node = 0;
    for (char c : token->text) {
      int32_t byte = static_cast<unsigned char>(c);
      const PairMap::Merge* next = steps_.find(node, byte);
      int32_t to = next != nullptr ? next->merged : static_cast<int32_t>(ends_.size());
      if (next == nullptr) {
        steps_.insert(node, byte, {0, to});
        ends_.push_back(nullptr);
      }
      if (node == 0) first_[static_cast<size_t>(byte)] = to;
      node = to;
    }
    ends_[static_cast<size_t>(node)] = token;
  }
}

const AddedToken* AddedTokenFinder::longest_at(std::string_view text, size_t at) const {
  int32_t node = first_[static_cast<unsigned char>(text[at])];
  const AddedToken* longest = nullptr;
  while (node >= 0) {
    if (ends_[static_cast<size_t>(node)] != nullptr) longest = ends_[static_cast<size_t>(node)];
    if (++at >= text.size()) break;
    const PairMap::Merge* next = steps_.find(node, static_cast<unsigned char>(text[at]));
    node = next != nullptr ? next->merged : -1;
  }
  return longest;
}

void AddedTokenFinder::find(std::string_view text, const Allowed& allowed, std::vector<Part>& parts) const {
  size_t from = 0;  // of the text that is no token
  for (size_t at = 0; !tokens_.empty() && at < text.size();) {
    const AddedToken* token = longest_at(text, at);
    size_t end = token != nullptr ? at + token->text.size() : at;
    if (token == nullptr || !allowed(*token, at, end) ||
        (token->single_word && !stands_alone(text, at, end))) {
      ++at;
      continue;
    }
    size_t begin = at;
    if (token->lstrip) begin = from + without_trailing_space(text.substr(from, at - from)).size();
    if (token->rstrip) end = text.size() - without_leading_space(text.substr(end)).size();
    if (begin > from) parts.push_back({nullptr, from, begin});
    parts.push_back({token, begin, end});
    from = at = end;
  }
  if (from < text.size()) parts.push_back({nullptr, from, text.size()});
}

}  // namespace retort
