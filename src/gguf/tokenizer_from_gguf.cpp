#include <unordered_set>

#include "base/utf8.h"
#include "gguf/pre_tokenizers.h"
#include "gguf/sentencepiece.h"
#include "gguf/tokenizer.h"

namespace retort {

namespace {

void add_special_tokens(const GgufVocabulary& vocabulary, TokenizerText& out) {
  for (size_t id = 0; id < vocabulary.types.size(); ++id) {
    GgufTokenType type = vocabulary.types[id];
    if (type != GgufTokenType::Control && type != GgufTokenType::UserDefined &&
        type != GgufTokenType::Unknown)
      continue;
    Json token =
        Json::object().set("id", Json(static_cast<long>(id))).set("content", (*vocabulary.tokens)[id]);
    for (const char* off : {"single_word", "lstrip", "rstrip", "normalized"}) token.set(off, false);
    out.added.push(token.set("special", type != GgufTokenType::UserDefined));
  }
}

Result<void> read_merges(const GgufMetadata& metadata, const GgufVocabulary& vocabulary, TokenizerText& out) {
  constexpr std::string_view kMerges = "tokenizer.ggml.merges";
  const GgufValue::Texts* merges = RETORT_TRY(metadata.texts(kMerges));
  if (merges == nullptr)
    return Error{ErrorCode::NotFound, format("it has no {}; get a file with its tokenizer", kMerges)};
  std::unordered_set<std::string_view> seen;
  for (size_t rank = 0; rank < merges->size(); ++rank) {
    const std::string& merge = (*merges)[rank];
    size_t space = merge.find(' ', 1);
    std::string left = merge.substr(0, space),
                right = space == std::string::npos ? "" : merge.substr(space + 1);
    bool known = !right.empty() && vocabulary.ids.contains(left) && vocabulary.ids.contains(right) &&
                 vocabulary.ids.contains(left + right);
    if (!known || !seen.insert(merge).second)
      return bad_gguf_value(format("{}[{}]", kMerges, rank), known ? "there twice" : "no pair of its tokens");
    out.merges.emplace_back(std::move(left), std::move(right));
  }
  return {};
}

// A model's first token, which llama.cpp adds to every text, as a post-processor.
Json begin_processor(const std::string& token, size_t id) {
  Json special = Json::object().set("SpecialToken", Json::object().set("id", token).set("type_id", 0));
  Json a = Json::object().set("Sequence", Json::object().set("id", "A").set("type_id", 0));
  Json b = Json::object().set("Sequence", Json::object().set("id", "B").set("type_id", 1));
  Json entry = Json::object().set("id", token);
  entry.set("ids", Json::array().push(Json(static_cast<long>(id)))).set("tokens", Json::array().push(token));
  return Json::object()
      .set("type", "TemplateProcessing")
      .set("single", Json::array().push(special).push(a))
      .set("pair", Json::array().push(special).push(a).push(b))
      .set("special_tokens", Json::object().set(token, std::move(entry)));
}

Result<void> set_byte_level(const GgufMetadata& metadata, const GgufVocabulary& vocabulary,
                            TokenizerText& out) {
  std::string name = RETORT_TRY(metadata.text_or("tokenizer.ggml.pre", "default"));
  const GgufPreTokenizer* pre = find_pre_tokenizer(name);
  if (pre == nullptr)
    return Error{
        ErrorCode::InvalidArgument,
        format("tokenizer.ggml.pre is \"{}\", which this build does not know; open the model's folder "
               "with its tokenizer.json instead",
               terminal_safe(name, 40))};
  out.pre_tokenizer = pre_tokenizer_json(*pre);
  if (pre->form == GgufPreTokenizer::Form::Nfc) out.normalizer = Json::object().set("type", "NFC");
  Json byte_level = Json::object().set("type", "ByteLevel").set("add_prefix_space", false);
  byte_level.set("trim_offsets", true).set("use_regex", true);
  out.decoder = byte_level;
  out.model.set("type", "BPE").set("dropout", nullptr).set("unk_token", nullptr);
  out.model.set("continuing_subword_prefix", nullptr).set("end_of_word_suffix", nullptr);
  out.model.set("fuse_unk", false).set("byte_fallback", false);
  out.model.set("ignore_merges", pre->whole_words == GgufPreTokenizer::Whole::Kept);
  return read_merges(metadata, vocabulary, out);
}

// tokenizer_config.json: the tokens by role, and whether a text begins with one.
Result<Json> config_of(const GgufMetadata& metadata, const GgufVocabulary& vocabulary, bool add_begin) {
  Json config = Json::object().set("tokenizer_class", "PreTrainedTokenizerFast");
  config.set("clean_up_tokenization_spaces", false);
  auto last = static_cast<int64_t>(vocabulary.tokens->size()) - 1;
  for (auto [role, key] : {std::pair{"bos_token", "tokenizer.ggml.bos_token_id"},
                           std::pair{"eos_token", "tokenizer.ggml.eos_token_id"},
                           std::pair{"unk_token", "tokenizer.ggml.unknown_token_id"},
                           std::pair{"pad_token", "tokenizer.ggml.padding_token_id"}})
    if (metadata.find(key) != nullptr)
      config.set(role, (*vocabulary.tokens)[static_cast<size_t>(RETORT_TRY(metadata.integer(key, 0, last)))]);
  config.set("add_bos_token", add_begin);
  std::string chat = RETORT_TRY(metadata.text_or("tokenizer.chat_template", ""));
  if (!valid_utf8(chat)) return bad_gguf_value("tokenizer.chat_template", "no UTF-8");
  if (!chat.empty()) config.set("chat_template", chat);
  return config;
}

}  // namespace

Result<GgufTokenizer> tokenizer_of_gguf(const GgufMetadata& metadata) {
  std::string kind = RETORT_TRY(metadata.text("tokenizer.ggml.model"));
  if (kind != "gpt2" && kind != "llama")
    return Error{ErrorCode::InvalidArgument,
                 format("tokenizer.ggml.model is \"{}\"; this build reads gpt2 (byte-level BPE) and llama "
                        "(SentencePiece), so use another model",
                        terminal_safe(kind, 40))};
  GgufVocabulary vocabulary = RETORT_TRY(read_gguf_vocabulary(metadata));
  TokenizerText text;
  text.vocabulary = *vocabulary.tokens;
  add_special_tokens(vocabulary, text);
  RETORT_TRY(kind == "gpt2" ? set_byte_level(metadata, vocabulary, text)
                            : set_sentencepiece(metadata, vocabulary, text));
  std::string pre = RETORT_TRY(metadata.text_or("tokenizer.ggml.pre", ""));
  bool usual = kind == "llama" || pre == "llama-bpe" || pre == "llama3";  // llama.cpp's own defaults
  bool add_begin = RETORT_TRY(metadata.bool_or("tokenizer.ggml.add_bos_token", usual));
  GgufTokenizer tokenizer;
  tokenizer.tokenizer_config = RETORT_TRY(config_of(metadata, vocabulary, add_begin));
  if (const Json* begin = tokenizer.tokenizer_config.find("bos_token"); add_begin && begin != nullptr) {
    std::string token(begin->string_or(""));
    text.post_processor = begin_processor(token, vocabulary.ids.at(token));
  }
  tokenizer.tokenizer_json = text.text();
  return tokenizer;
}

}  // namespace retort
