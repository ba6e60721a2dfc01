#include <algorithm>
#include <limits>
#include <unordered_map>

#include "base/utf8.h"
#include "gguf/pre_tokenizers.h"
#include "gguf/tokenizer.h"

namespace retort {
namespace {

constexpr int64_t kTokensMax = 1 << 24;

Error malformed(std::string_view what) {
  return {ErrorCode::Malformed,
          format("tokenizer.json: {}; get the file again from where the model comes from",
                 terminal_safe(what, 200))};
}

struct Tokens {
  GgufValue::Texts texts;     // by id
  GgufValue::Integers types;  // the same
  std::unordered_map<std::string, int64_t> ids;
};

Result<void> set_token(Tokens& tokens, std::string_view text, int64_t id, GgufTokenType type) {
  if (id < 0 || id >= kTokensMax) return malformed(format("the id {} of \"{}\"", id, text));
  auto at = static_cast<size_t>(id);
  if (at >= tokens.texts.size()) {
    tokens.texts.resize(at + 1);
    tokens.types.resize(at + 1, static_cast<int64_t>(GgufTokenType::Unused));
  }
  tokens.texts[at] = text;
  tokens.types[at] = static_cast<int64_t>(type);
  tokens.ids[std::string(text)] = id;
  return {};
}

bool is_byte_token(std::string_view text) {
  return text.size() == 6 && text.starts_with("<0x") && text.ends_with(">");
}

Result<Tokens> read_tokens(const Json& root, int64_t vocabulary, GgufTokenType of_bytes) {
  Tokens tokens;
  const Json& unknown = root.at_path("model/unk_token");
  for (const auto& [text, id] : root.at_path("model/vocab").members()) {
    GgufTokenType type = is_byte_token(text)     ? of_bytes
                         : unknown == Json(text) ? GgufTokenType::Unknown
                                                 : GgufTokenType::Normal;
    RETORT_TRY(set_token(tokens, text, id.integer_or(-1), type));
  }
  for (const Json& added : root.at_path("added_tokens").items()) {
    std::string_view text = added.at_path("content").string_or("");
    bool special = added.at_path("special").bool_or(false);
    GgufTokenType type = unknown == added.at_path("content") ? GgufTokenType::Unknown
                         : special                           ? GgufTokenType::Control
                                                             : GgufTokenType::UserDefined;
    RETORT_TRY(set_token(tokens, text, added.at_path("id").integer_or(-1), type));
  }
  if (static_cast<int64_t>(tokens.texts.size()) > vocabulary)
    return Error{ErrorCode::Mismatch,
                 format("the tokenizer has {} tokens, the model {}; get both from the same folder",
                        tokens.texts.size(), vocabulary)};
  // Rows of the embedding that no token has: llama.cpp wants a name for each.
  tokens.texts.resize(static_cast<size_t>(vocabulary));
  tokens.types.resize(static_cast<size_t>(vocabulary), static_cast<int64_t>(GgufTokenType::Unused));
  for (size_t id = 0; id < tokens.texts.size(); ++id)
    if (tokens.texts[id].empty()) tokens.texts[id] = format("[PAD{}]", id);
  return tokens;
}

// ["a", "b"], or "a b" in older files.
bool split_merge(const Json& json, std::string& left, std::string& right) {
  if (json.is_array() && json.size() == 2) {
    left = json.items()[0].string_or("");
    right = json.items()[1].string_or("");
  } else {
    std::string text(json.string_or(""));
    size_t space = text.find(' ');
    left = text.substr(0, space);
    right = space == std::string::npos ? "" : text.substr(space + 1);
  }
  return !left.empty() && !right.empty();
}

// One byte, or a space and ASCII letters, in the alphabet of byte-level BPE.
bool spaced_letters(std::string_view token) {
  if (utf8_length(token) == static_cast<int>(token.size())) return true;
  if (!token.starts_with("\xC4\xA0")) return false;  // how that alphabet writes a space
  token.remove_prefix(2);
  return std::all_of(token.begin(), token.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

TokenTexts kind_of(const Json& root) {
  for (const auto& [text, id] : root.at_path("model/vocab").members())
    if (!spaced_letters(text)) return TokenTexts::Any;
  return root.at_path("model/merges").size() == 0 ? TokenTexts::SpacedLetters : TokenTexts::Any;
}

Result<void> add_byte_level(const Json& root, GgufMetadata& metadata, const Tokens& tokens) {
  const GgufPreTokenizer* pre = RETORT_TRY(recognise_pre_tokenizer(root, kind_of(root)));
  metadata.add_text("tokenizer.ggml.model", "gpt2");
  metadata.add_text("tokenizer.ggml.pre", std::string(pre->name));
  metadata.add_texts("tokenizer.ggml.tokens", tokens.texts);
  metadata.add_integers("tokenizer.ggml.token_type", tokens.types);
  GgufValue::Texts merges;
  std::string left, right;
  for (const Json& merge : root.at_path("model/merges").items()) {
    if (!split_merge(merge, left, right)) return malformed(format("merge {} is no pair", merges.size()));
    if (left.find(' ') != std::string::npos || right.find(' ') != std::string::npos)
      return malformed(format("merge {} holds a bare space", merges.size()));
    merges.push_back(left + " " + right);
  }
  metadata.add_texts("tokenizer.ggml.merges", std::move(merges));
  return {};
}

// A token scores as the first merge that makes it; what no merge makes is never joined.
Result<void> add_sentencepiece(const Json& root, GgufMetadata& metadata, const Tokens& tokens) {
  GgufValue::Numbers scores(tokens.texts.size(), 0);
  std::vector<bool> made(tokens.texts.size(), false);
  int64_t rank = 0;
  std::string left, right;
  for (const Json& merge : root.at_path("model/merges").items()) {
    if (!split_merge(merge, left, right)) return malformed(format("merge {} is no pair", rank));
    auto whole = tokens.ids.find(left + right);
    if (whole == tokens.ids.end()) return malformed(format("merge {} makes no token", rank));
    auto id = static_cast<size_t>(whole->second);
    if (!made[id]) scores[id] = static_cast<double>(-++rank);
    made[id] = true;
  }
  for (size_t id = 0; id < scores.size(); ++id)
    if (!made[id] && tokens.types[id] == static_cast<int64_t>(GgufTokenType::Normal))
      scores[id] = static_cast<double>(-rank - 1 - static_cast<int64_t>(id));
  bool prefix = false;
  auto look = [&](const Json& step) {
    prefix |= step.at_path("type").string_or("") == "Prepend" ||
              (step.at_path("type").string_or("") == "Metaspace" &&
               step.at_path("prepend_scheme").string_or("always") != "never");
  };
  look(root.at_path("normalizer"));
  for (const Json& step : root.at_path("normalizer/normalizers").items()) look(step);
  look(root.at_path("pre_tokenizer"));
  metadata.add_text("tokenizer.ggml.model", "llama");
  metadata.add_text("tokenizer.ggml.pre", "default");
  metadata.add_texts("tokenizer.ggml.tokens", tokens.texts);
  metadata.add_numbers("tokenizer.ggml.scores", std::move(scores));
  metadata.add_integers("tokenizer.ggml.token_type", tokens.types);
  metadata.add_bool("tokenizer.ggml.add_space_prefix", prefix);
  return {};
}

// A token's id by its role: as tokenizer_config.json names it, else as config.json numbers it; -1 without.
int64_t id_of_role(const Json& tokenizer_config, const Json& config, const Tokens& tokens,
                   const std::string& role) {
  const Json& named = tokenizer_config.at_path(role);
  auto found = tokens.ids.find(std::string(named.string_or(named.at_path("content").string_or(""))));
  if (found != tokens.ids.end()) return found->second;
  const Json& number = config.at_path(role + "_id");
  int64_t id =
      number.is_array() && number.size() > 0 ? number.items()[0].integer_or(-1) : number.integer_or(-1);
  return id < static_cast<int64_t>(tokens.texts.size()) ? id : -1;
}

bool begins_with_token(const Json& root) {
  auto processes = [](const Json& step) {
    const Json& single = step.at_path("single");
    return single.size() > 0 && single.items()[0].find("SpecialToken") != nullptr;
  };
  const Json& processor = root.at_path("post_processor");
  bool begins = processes(processor);
  for (const Json& step : processor.at_path("processors").items()) begins |= processes(step);
  return begins;
}

}  // namespace

Result<void> add_tokenizer_to_gguf(std::string_view tokenizer_json, const Json& tokenizer_config,
                                   const Json& config, int64_t vocabulary, GgufMetadata& metadata) {
  Result<Json> root = parse_json(tokenizer_json, 32);
  if (!root) return malformed(root.error().message);
  if (std::string_view type = root->at_path("model/type").string_or("BPE"); type != "BPE")
    return Error{ErrorCode::InvalidArgument,
                 format("tokenizer.json: a {} model is not for GGUF here; export it as a folder (hf)",
                        terminal_safe(type, 40))};
  bool bytes_by_name = root->at_path("model/byte_fallback").bool_or(false);
  Tokens tokens =
      RETORT_TRY(read_tokens(*root, vocabulary, bytes_by_name ? GgufTokenType::Byte : GgufTokenType::Normal));
  RETORT_TRY(bytes_by_name ? add_sentencepiece(*root, metadata, tokens)
                           : add_byte_level(*root, metadata, tokens));
  for (auto [role, key] : {std::pair{"bos_token", "tokenizer.ggml.bos_token_id"},
                           std::pair{"eos_token", "tokenizer.ggml.eos_token_id"},
                           std::pair{"unk_token", "tokenizer.ggml.unknown_token_id"},
                           std::pair{"pad_token", "tokenizer.ggml.padding_token_id"}})
    if (int64_t id = id_of_role(tokenizer_config, config, tokens, role); id >= 0)
      metadata.add_integer(key, id);
  metadata.add_bool("tokenizer.ggml.add_bos_token",
                    tokenizer_config.at_path("add_bos_token").bool_or(begins_with_token(*root)));
  if (std::string_view chat = tokenizer_config.at_path("chat_template").string_or(""); !chat.empty())
    metadata.add_text("tokenizer.chat_template", std::string(chat));
  return {};
}

}  // namespace retort
