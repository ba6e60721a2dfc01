#include "tokenizer/tokenizer.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "tokenizer/tokenizer_json.h"

namespace retort {
namespace {

// Added tokens that are no special ones are found in text before it is cut: leftmost, then longest.
class AddedText {
 public:
  explicit AddedText(const std::vector<AddedToken>& added) {
    for (const AddedToken& token : added)
      if (!token.special) by_first_[static_cast<unsigned char>(token.text[0])].push_back(token);
    for (std::vector<AddedToken>& tokens : by_first_)
      std::sort(tokens.begin(), tokens.end(),
                [](const AddedToken& a, const AddedToken& b) { return a.text.size() > b.text.size(); });
  }
  // The one that `rest` starts with, or nullptr.
  const AddedToken* at(std::string_view rest) const {
    for (const AddedToken& token : by_first_[static_cast<unsigned char>(rest[0])])
      if (rest.starts_with(token.text)) return &token;
    return nullptr;
  }

 private:
  std::array<std::vector<AddedToken>, 256> by_first_;
};

class BytePairTokenizer : public Tokenizer {
 public:
  BytePairTokenizer(TokenizerParts parts, std::string json)
      : parts_(std::move(parts)), json_(std::move(json)), added_text_(parts_.added) {
    for (const AddedToken& token : parts_.added)
      if (token.special) special_.emplace(token.text, token.id);
  }

  std::vector<int32_t> encode(std::string_view text) const override {
    std::string repaired;
    if (!valid_utf8(text)) text = repaired = replace_invalid_utf8(text);
    std::vector<int32_t> ids;
    size_t from = 0;  // of what is not yet encoded
    for (size_t at = 0; at < text.size();) {
      const AddedToken* added = added_text_.at(text.substr(at));
      if (added != nullptr) {
        encode_plain(text.substr(from, at - from), ids);
        ids.push_back(added->id);
        from = at + added->text.size();
      }
      at += added != nullptr ? added->text.size() : 1;
    }
    encode_plain(text.substr(from), ids);
    return ids;
  }

  std::string decode(std::span<const int32_t> ids) const override {
    std::string text;
    // A model's vocabulary may be padded beyond the tokenizer's: such an id is the text of nothing.
    for (int32_t id : ids)
      if (id >= 0 && id < size()) text += parts_.bytes[static_cast<size_t>(id)];
    return text;
  }

  int32_t size() const override { return static_cast<int32_t>(parts_.bytes.size()); }
  int32_t special(std::string_view text) const override {
    auto found = special_.find(text);
    return found == special_.end() ? -1 : found->second;
  }
  const std::string& json() const override { return json_; }

 private:
  void encode_plain(std::string_view text, std::vector<int32_t>& ids) const {
    parts_.pre_tokenizer.split(text, [&](std::string_view piece) { parts_.bpe.encode(piece, ids); });
  }

  TokenizerParts parts_;
  std::string json_;
  AddedText added_text_;
  std::unordered_map<std::string, int32_t, TextHash, std::equal_to<>> special_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::parse(std::string_view tokenizer_json) {
  TokenizerParts parts = RETORT_TRY(parse_tokenizer_json(tokenizer_json));
  return std::unique_ptr<Tokenizer>(new BytePairTokenizer(std::move(parts), std::string(tokenizer_json)));
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::load(const Path& tokenizer_json) {
  std::string text = RETORT_TRY(read_file(tokenizer_json, kTokenizerBytesMax));
  Result<std::unique_ptr<Tokenizer>> tokenizer = parse(text);
  if (!tokenizer)
    return Error{tokenizer.error().code,
                 format("{}: {}", tokenizer_json.string(), tokenizer.error().message)};
  return tokenizer;
}

}  // namespace retort
