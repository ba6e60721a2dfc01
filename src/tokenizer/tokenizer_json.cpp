#include "tokenizer/tokenizer_json.h"

#include <algorithm>
#include <unordered_set>

#include "base/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

constexpr size_t kAddedMax = 65'536;
constexpr int64_t kHolesMax = 65'536;  // ids that no token has
constexpr int kDepthMax = 32;
constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // "▁"

template <class... Args>
Error malformed(format_string<Args...> text, Args&&... args) {
  return {ErrorCode::Malformed, "tokenizer.json: " + retort::format(text, std::forward<Args>(args)...) +
                                    "; get the file again from where the model comes from"};
}

Error unknown(std::string_view what) {
  return {
      ErrorCode::InvalidArgument,
      format("tokenizer.json: this build reads byte-level and SentencePiece-style BPE, not {}; use a model "
             "with such a tokenizer",
             terminal_safe(what, 60))};
}

std::string shown(std::string_view text) { return terminal_safe(text, 40); }

// Absent, null, "" and false all mean that a feature is off.
bool is_off(const Json& json) {
  return json.is_null() || json == Json("") || json == Json(false) || json.number_or(1) == 0;
}

// One tokenizer while its file is read.
class Reader {
 public:
  explicit Reader(const Json& root) : root_(root), model_(root.at_path("model")) {
    ids_end_ = static_cast<int64_t>(vocabulary().size() + root.at_path("added_tokens").size()) + kHolesMax;
  }

  Result<TokenizerParts> read() {
    RETORT_TRY(check_model());
    parts_.normalizer = RETORT_TRY(parse_normalizer(root_.at_path("normalizer")));
    parts_.pre_tokenizer = RETORT_TRY(parse_pre_tokenizer(root_.at_path("pre_tokenizer")));
    parts_.decoder = RETORT_TRY(parse_decoder(root_.at_path("decoder")));
    RETORT_TRY(read_added());
    RETORT_TRY(read_vocabulary());
    RETORT_TRY(check_added());
    RETORT_TRY(read_options());
    find_bytes();
    RETORT_TRY(read_merges());
    parts_.frame = RETORT_TRY(
        parse_post_processor(root_.at_path("post_processor"), static_cast<int64_t>(parts_.texts.size())));
    return std::move(parts_);
  }

 private:
  const Json& vocabulary() const { return model_.at_path("vocab"); }
  bool over_bytes() const { return parts_.pre_tokenizer.byte_level; }

  Result<void> check_model() const {
    std::string_view type = model_.at_path("type").string_or("BPE");  // old files leave it out
    if (!model_.is_object() || type != "BPE") return unknown(format("the model {}", type));
    for (const char* feature : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"})
      if (!is_off(model_.at_path(feature))) return unknown(format("BPE with {}", feature));
    return {};
  }

  Result<int32_t> check_id(const Json& json, std::string_view token) const {
    int64_t id = json.integer_or(-1);
    if (id < 0 || id >= ids_end_)
      return malformed("the id {} of \"{}\" is not a whole number from 0 to {}", json.dump().substr(0, 30),
                       shown(token), ids_end_ - 1);
    return static_cast<int32_t>(id);
  }

  void set_text(int32_t id, std::string_view text) {
    if (static_cast<size_t>(id) >= parts_.texts.size()) parts_.texts.resize(static_cast<size_t>(id) + 1);
    parts_.texts[static_cast<size_t>(id)] = text;
  }
  bool taken(int32_t id) const {
    return static_cast<size_t>(id) < parts_.texts.size() && !parts_.texts[static_cast<size_t>(id)].empty();
  }

  Result<void> read_added() {
    const Json& list = root_.at_path("added_tokens");
    if (list.size() > kAddedMax) return malformed("{} added tokens, more than {}", list.size(), kAddedMax);
    std::unordered_set<std::string_view> seen;
    for (const Json& item : list.items()) {
      std::string_view text = item.at_path("content").string_or("");
      if (text.empty()) return malformed("an added token has no content");
      if (text.size() > AddedToken::kBytesMax)
        return malformed("an added token has {} bytes, more than {}", text.size(), AddedToken::kBytesMax);
      if (!seen.insert(text).second) return malformed("the added token \"{}\" comes twice", shown(text));
      auto on = [&](const char* name) { return item.at_path(name).bool_or(false); };
      bool special = on("special");
      parts_.added.push_back({.id = RETORT_TRY(check_id(item.at_path("id"), text)),
                              .text = std::string(text),
                              .special = special,
                              .normalized = item.at_path("normalized").bool_or(!special),
                              .lstrip = on("lstrip"),
                              .rstrip = on("rstrip"),
                              .single_word = on("single_word")});
      if (special) special_.insert(parts_.added.back().id);
    }
    return {};
  }

  Result<void> read_vocabulary() {
    const Json& json = vocabulary();
    if (!json.is_object() || json.size() == 0) return malformed("model.vocab is no object of tokens and ids");
    names_.reserve(json.size());
    parts_.bpe.ids.reserve(json.size());
    for (const auto& [name, value] : json.members()) {
      if (name.empty()) return malformed("model.vocab has an empty token");
      int32_t id = RETORT_TRY(check_id(value, name));
      if (!names_.insert(name, id)) return malformed("the token \"{}\" comes twice", shown(name));
      if (taken(id)) return malformed("two tokens have the id {} (\"{}\")", id, shown(name));
      set_text(id, name);
      add_to_bpe(name, id);
    }
    return {};
  }

  // A special token is in no text. Nor is, to BPE over bytes, a token outside the byte alphabet, though it
  // can be decoded.
  void add_to_bpe(std::string_view name, int32_t id) {
    if (special_.contains(id)) return;
    if (!over_bytes())
      parts_.bpe.ids.insert(name, id);
    else if (std::optional<std::string> bytes = from_byte_alphabet(name))
      parts_.bpe.ids.insert(*bytes, id);
  }

  // Added tokens are in the vocabulary with the same id, or have an id of their own.
  Result<void> check_added() {
    for (const AddedToken& token : parts_.added) {
      std::optional<int32_t> known = names_.find(token.text);
      if (known && *known != token.id)
        return malformed("the added token \"{}\" has the ids {} and {}", shown(token.text), *known, token.id);
      if (!known && taken(token.id))
        return malformed("two tokens have the id {} (\"{}\")", token.id, shown(token.text));
      set_text(token.id, token.text);
    }
    return {};
  }

  Result<void> read_options() {
    Bpe& bpe = parts_.bpe;
    bpe.symbols = over_bytes() ? Bpe::Symbols::Bytes : Bpe::Symbols::Characters;
    bpe.ignore_merges = model_.at_path("ignore_merges").bool_or(false);
    bpe.byte_fallback = model_.at_path("byte_fallback").bool_or(false);
    bpe.fuse_unknown = model_.at_path("fuse_unk").bool_or(false);
    std::string_view unknown_token = model_.at_path("unk_token").string_or("");
    if (!unknown_token.empty()) bpe.unknown_id = names_.find(unknown_token);
    if (!unknown_token.empty() && !bpe.unknown_id)
      return malformed("the unknown token \"{}\" is not in the vocabulary", shown(unknown_token));
    return {};
  }

  // A byte-level vocabulary may lack bytes (SmolLM's does): they are unknown, or vanish, as for `tokenizers`.
  void find_bytes() {
    for (int byte = 0; byte < 256; ++byte)
      parts_.bpe.byte_ids[static_cast<size_t>(byte)] =
          (over_bytes() ? parts_.bpe.ids.find(std::string(1, static_cast<char>(byte)))
                        : names_.find(format("<0x{:02X}>", byte)))
              .value_or(-1);
  }

  // ["a", "b"], or "a b" in older files.
  static bool split_merge(const Json& json, std::string_view& left, std::string_view& right) {
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

  Result<void> read_merges() {
    const Json& json = model_.at_path("merges");
    if (!json.is_array()) return malformed("model.merges is no array");
    parts_.bpe.merges.reserve(json.size());
    bool words_apart = !over_bytes() && !parts_.bpe.ignore_merges && names_.find(kSpaceMark).has_value();
    std::string both;
    uint32_t rank = 0;
    for (const Json& item : json.items()) {
      std::string_view left, right;
      if (!split_merge(item, left, right)) return malformed("merge {} is no pair of tokens", rank);
      both.assign(left).append(right);
      std::optional<int32_t> a = names_.find(left), b = names_.find(right), merged = names_.find(both);
      if (!a || !b || !merged)
        return malformed("merge {} (\"{}\" and \"{}\") is not of tokens in the vocabulary", rank, shown(left),
                         shown(right));
      // What text would become a special token stays as it is.
      if (!special_.contains(*merged) && !parts_.bpe.merges.insert(*a, *b, {rank, *merged}))
        return malformed("merge {} (\"{}\" and \"{}\") comes twice", rank, shown(left), shown(right));
      if (words_apart) note_joins(left, right);
      ++rank;
    }
    std::vector<uint32_t>& joins = parts_.bpe.joins_mark;
    std::sort(joins.begin(), joins.end());
    joins.erase(std::unique(joins.begin(), joins.end()), joins.end());
    parts_.bpe.words_apart = words_apart && !byte_joins_mark_;
    return {};
  }

  // The character that this merge would put right before a "▁".
  void note_joins(std::string_view left, std::string_view right) {
    if (!right.starts_with(kSpaceMark) || left.ends_with(kSpaceMark)) return;
    size_t at = left.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(left[at]) & 0xC0) == 0x80) --at;
    parts_.bpe.joins_mark.push_back(character_at(left, at).code_point);
    byte_joins_mark_ =
        byte_joins_mark_ || byte_of_fallback(left.substr(left.size() < 6 ? 0 : left.size() - 6)) >= 0;
  }

  const Json& root_;
  const Json& model_;
  int64_t ids_end_ = 0;
  TokenizerParts parts_;
  bool byte_joins_mark_ = false;  // a merge puts a <0xNN> there: any character may be such a byte
  TextMap names_;                 // a token as the file writes it -> id
  std::unordered_set<int32_t> special_;
};

}  // namespace

Result<TokenizerParts> parse_tokenizer_json(std::string_view text) {
  if (text.size() > kTokenizerBytesMax)
    return malformed("{} bytes, more than {}", text.size(), kTokenizerBytesMax);
  Result<Json> root = parse_json(text, kDepthMax);
  if (!root) return malformed("{}", root.error().message);
  return Reader(*root).read();
}

}  // namespace retort
