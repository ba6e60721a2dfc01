#include "tokenizer/tokenizer_json.h"

#include <algorithm>
#include <unordered_set>

#include "base/utf8.h"
#include "tokenizer/byte_alphabet.h"

namespace retort {
namespace {

constexpr size_t kAddedMax = 65'536;
constexpr int64_t kHolesMax = 65'536;  // ids that no token has

template <class... Args>
Error malformed(fmt::format_string<Args...> text, Args&&... args) {
  return {ErrorCode::Malformed, "tokenizer.json: " + format(text, std::forward<Args>(args)...) +
                                    "; get the file again from where the model comes from"};
}

Error unknown(std::string_view what) {
  return {ErrorCode::InvalidArgument,
          format("tokenizer.json: this build reads byte-level BPE, not {}; use a model with such a tokenizer",
                 terminal_safe(what, 60))};
}

std::string shown(std::string_view text) { return terminal_safe(text, 40); }

// Absent, null, "" and false all mean that a feature is off.
bool is_off(const Json& json) {
  return json.is_null() || json == Json("") || json == Json(false) || json.number_or(1) == 0;
}

Result<void> check_kind(const Json& root) {
  const Json& model = root.at_path("model");
  std::string_view type = model.at_path("type").string_or("BPE");  // old files leave it out
  if (!model.is_object() || type != "BPE") return unknown(format("the model {}", type));
  for (const char* feature : {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"})
    if (!is_off(model.at_path(feature))) return unknown(format("BPE with {}", feature));
  if (const Json& normalizer = root.at_path("normalizer"); !normalizer.is_null())
    return unknown(format("the normalizer {}", normalizer.at_path("type").string_or("")));
  if (std::string_view decoder = root.at_path("decoder/type").string_or("none"); decoder != "ByteLevel")
    return unknown(format("the decoder {}", decoder));
  return {};
}

// All tokens by id while the file is read; the checks on ids are here.
class TokenTable {
 public:
  TokenTable(size_t vocabulary, size_t added)
      : ids_end_(static_cast<int64_t>(vocabulary + added) + kHolesMax) {}

  Result<int32_t> check_id(const Json& json, std::string_view token) const {
    int64_t id = json.integer_or(-1);
    if (id < 0 || id >= ids_end_)
      return malformed("the id {} of \"{}\" is not a whole number from 0 to {}", json.dump().substr(0, 30),
                       shown(token), ids_end_ - 1);
    return static_cast<int32_t>(id);
  }
  Result<void> claim(int32_t id, std::string_view token) {
    if (!taken_.insert(id).second) return malformed("two tokens have the id {} (\"{}\")", id, shown(token));
    return {};
  }
  void set_bytes(int32_t id, std::string bytes) {
    if (static_cast<size_t>(id) >= bytes_.size()) bytes_.resize(static_cast<size_t>(id) + 1);
    bytes_[static_cast<size_t>(id)] = std::move(bytes);
  }
  std::vector<std::string> take() { return std::move(bytes_); }

 private:
  int64_t ids_end_;
  std::unordered_set<int32_t> taken_;
  std::vector<std::string> bytes_;
};

using Names = std::unordered_map<std::string_view, int32_t>;  // a token as the file writes it -> id

Result<Names> read_vocabulary(const Json& json, TokenTable& table, Bpe& bpe) {
  if (!json.is_object() || json.size() == 0) return malformed("model.vocab is no object of tokens and ids");
  Names names;
  names.reserve(json.size());
  bpe.ids.reserve(json.size());
  for (const auto& [name, value] : json.members()) {
    if (name.empty()) return malformed("model.vocab has an empty token");
    int32_t id = RETORT_TRY(table.check_id(value, name));
    if (!names.emplace(name, id).second) return malformed("the token \"{}\" comes twice", shown(name));
    if (auto claimed = table.claim(id, name); !claimed) return claimed.error();
    std::optional<std::string> bytes = from_byte_alphabet(name);
    // A token outside the byte alphabet can be decoded, but no text encodes to it.
    if (bytes) bpe.ids.emplace(*bytes, id);
    table.set_bytes(id, bytes ? std::move(*bytes) : name);
  }
  return names;
}

// Bytes that valid UTF-8 never holds may be missing: text that is not UTF-8 is repaired before it is encoded.
bool never_in_utf8(int byte) { return byte == 0xC0 || byte == 0xC1 || byte >= 0xF5; }

Result<void> find_bytes(Bpe& bpe) {
  for (int byte = 0; byte < 256; ++byte) {
    auto found = bpe.ids.find(std::string(1, static_cast<char>(byte)));
    if (found == bpe.ids.end() && !never_in_utf8(byte))
      return unknown(format("a vocabulary without the byte 0x{:02X}", byte));
    bpe.byte_ids.push_back(found == bpe.ids.end() ? -1 : found->second);
  }
  return {};
}

// ["a", "b"], or "a b" in older files.
bool split_merge(const Json& json, std::string_view& left, std::string_view& right) {
  if (json.is_array() && json.size() == 2) {
    left = json.items()[0].string_or("");
    right = json.items()[1].string_or("");
  } else {
    std::string_view text = json.string_or("");
    size_t space = text.find(' ');
    if (space == std::string_view::npos) return false;
    left = text.substr(0, space);
    right = text.substr(space + 1);
  }
  return !left.empty() && !right.empty();
}

Result<void> read_merges(const Json& json, const Names& names, Bpe& bpe) {
  if (!json.is_array()) return malformed("model.merges is no array");
  bpe.merges.reserve(json.size());
  uint32_t rank = 0;
  for (const Json& item : json.items()) {
    std::string_view left, right;
    if (!split_merge(item, left, right)) return malformed("merge {} is no pair of tokens", rank);
    auto a = names.find(left), b = names.find(right);
    auto merged = names.find(std::string(left) + std::string(right));
    if (a == names.end() || b == names.end() || merged == names.end())
      return malformed("merge {} (\"{}\" and \"{}\") is not of tokens in the vocabulary", rank, shown(left),
                       shown(right));
    if (!bpe.merges.emplace(Bpe::pair(a->second, b->second), Bpe::Merge{rank, merged->second}).second)
      return malformed("merge {} (\"{}\" and \"{}\") comes twice", rank, shown(left), shown(right));
    ++rank;
  }
  return {};
}

Result<void> read_added(const Json& json, const Names& names, TokenTable& table,
                        std::vector<AddedToken>& added) {
  if (json.size() > kAddedMax) return malformed("{} added tokens, more than {}", json.size(), kAddedMax);
  std::unordered_set<std::string_view> seen;
  for (const Json& item : json.items()) {
    std::string_view text = item.at_path("content").string_or("");
    if (text.empty()) return malformed("an added token has no content");
    if (!seen.insert(text).second) return malformed("the added token \"{}\" comes twice", shown(text));
    AddedToken token{0, std::string(text), item.at_path("special").bool_or(false)};
    token.id = RETORT_TRY(table.check_id(item.at_path("id"), text));
    if (auto known = names.find(text); known == names.end()) {
      if (auto claimed = table.claim(token.id, text); !claimed) return claimed;
    } else if (known->second != token.id) {
      return malformed("the added token \"{}\" has the ids {} and {}", shown(text), known->second, token.id);
    }
    for (const char* feature : {"single_word", "lstrip", "rstrip"})
      if (!token.special && item.at_path(feature).bool_or(false))
        return unknown(format("an added token with {}", feature));
    table.set_bytes(token.id, token.special ? std::string() : token.text);
    added.push_back(std::move(token));
  }
  return {};
}

}  // namespace

Result<TokenizerParts> parse_tokenizer_json(std::string_view text) {
  if (text.size() > kTokenizerBytesMax)
    return malformed("{} bytes, more than {}", text.size(), kTokenizerBytesMax);
  Result<Json> root = parse_json(text, 32);
  if (!root) return malformed("{}", root.error().message);
  if (auto known = check_kind(*root); !known) return known.error();
  TokenizerParts parts;
  parts.pre_tokenizer = RETORT_TRY(parse_pre_tokenizer(root->at_path("pre_tokenizer")));
  const Json& model = root->at_path("model");
  parts.bpe.ignore_merges = model.at_path("ignore_merges").bool_or(false);
  TokenTable table(model.at_path("vocab").size(), root->at_path("added_tokens").size());
  Names names = RETORT_TRY(read_vocabulary(model.at_path("vocab"), table, parts.bpe));
  if (auto found = find_bytes(parts.bpe); !found) return found.error();
  if (auto read = read_merges(model.at_path("merges"), names, parts.bpe); !read) return read.error();
  if (auto read = read_added(root->at_path("added_tokens"), names, table, parts.added); !read)
    return read.error();
  parts.bytes = table.take();
  return parts;
}

}  // namespace retort
