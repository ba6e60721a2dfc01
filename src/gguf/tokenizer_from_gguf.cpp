#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/utf8.h"
#include "gguf/header.h"
#include "gguf/pre_tokenizers.h"
#include "gguf/tokenizer.h"
#include "gguf/tokenizer_text.h"

namespace retort {

std::string TokenizerText::text() const {
  Json root = Json::object().set("version", "1.0").set("truncation", nullptr).set("padding", nullptr);
  root.set("added_tokens", added).set("normalizer", normalizer).set("pre_tokenizer", pre_tokenizer);
  root.set("post_processor", post_processor).set("decoder", decoder);
  std::string text = root.dump(), head = model.dump();
  text.back() = ',';
  text += "\"model\":" + head;
  text.back() = ',';
  text += "\"vocab\":{";
  for (size_t id = 0; id < vocabulary.size(); ++id)
    text += format("{}{}:{}", id == 0 ? "" : ",\n", Json(vocabulary[id]).dump(), id);
  text += "},\"merges\":[";
  for (size_t rank = 0; rank < merges.size(); ++rank)
    text += format("{}[{},{}]", rank == 0 ? "" : ",\n", Json(merges[rank].first).dump(),
                   Json(merges[rank].second).dump());
  return text + "]}}\n";
}

namespace {

constexpr std::string_view kTokens = "tokenizer.ggml.tokens", kTypes = "tokenizer.ggml.token_type";
constexpr std::string_view kSpace = "\xE2\x96\x81";  // SentencePiece's mark for a space

struct Vocabulary {
  const GgufValue::Texts* tokens = nullptr;
  std::vector<GgufTokenType> types;
  std::unordered_map<std::string_view, size_t> ids;
};

Result<Vocabulary> read_vocabulary(const GgufMetadata& metadata) {
  Vocabulary vocabulary;
  vocabulary.tokens = RETORT_TRY(metadata.texts(kTokens));
  if (vocabulary.tokens == nullptr || vocabulary.tokens->empty())
    return Error{ErrorCode::NotFound, format("it has no {}; get a file with its tokenizer", kTokens)};
  size_t count = vocabulary.tokens->size();
  const GgufValue::Integers* types = RETORT_TRY(metadata.integers(kTypes));
  if (types != nullptr && types->size() != count)
    return bad_gguf_value(kTypes, format("{} long, with {} tokens", types->size(), count));
  for (size_t id = 0; id < count; ++id) {
    const std::string& token = (*vocabulary.tokens)[id];
    if (token.empty() || !valid_utf8(token))
      return bad_gguf_value(format("{}[{}]", kTokens, id), token.empty() ? "empty" : "no UTF-8");
    if (!vocabulary.ids.emplace(token, id).second)
      return bad_gguf_value(format("{}[{}]", kTokens, id), "there twice");
    int64_t type = types == nullptr ? 1 : (*types)[id];
    if (type < 0 || type > 6) return bad_gguf_value(format("{}[{}]", kTypes, id), format("{}", type));
    vocabulary.types.push_back(type == 0 ? GgufTokenType::Normal : static_cast<GgufTokenType>(type));
  }
  return vocabulary;
}

void add_special_tokens(const Vocabulary& vocabulary, TokenizerText& out) {
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

Result<void> read_merges(const GgufMetadata& metadata, const Vocabulary& vocabulary, TokenizerText& out) {
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

Result<void> set_byte_level(const GgufMetadata& metadata, const Vocabulary& vocabulary, TokenizerText& out) {
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

// SentencePiece joins the pair whose whole scores best: as merges, every split of every token, best token
// first.
Result<void> merges_of_scores(const GgufMetadata& metadata, const Vocabulary& vocabulary,
                              TokenizerText& out) {
  constexpr std::string_view kScores = "tokenizer.ggml.scores";
  const GgufValue::Numbers* scores = RETORT_TRY(metadata.numbers(kScores));
  if (scores == nullptr || scores->size() != vocabulary.tokens->size())
    return bad_gguf_value(kScores, "not as long as the list of tokens");
  std::vector<size_t> order;
  for (size_t id = 0; id < scores->size(); ++id)
    if (vocabulary.types[id] == GgufTokenType::Normal) order.push_back(id);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return (*scores)[a] > (*scores)[b]; });
  for (size_t id : order) {
    std::string_view token = (*vocabulary.tokens)[id];
    if (token.size() > 256) continue;  // no writer makes such, and every split of it would be tried
    std::vector<std::pair<size_t, size_t>> splits;
    for (size_t at = 1; at < token.size(); ++at) {
      auto left = vocabulary.ids.find(token.substr(0, at)), right = vocabulary.ids.find(token.substr(at));
      if (left != vocabulary.ids.end() && right != vocabulary.ids.end())
        splits.emplace_back(left->second, right->second);
    }
    std::stable_sort(splits.begin(), splits.end(), [&](const auto& a, const auto& b) {
      return std::pair((*scores)[a.first], (*scores)[a.second]) >
             std::pair((*scores)[b.first], (*scores)[b.second]);
    });
    if (out.merges.size() + splits.size() > kGgufItemsMax)
      return bad_gguf_value(kScores, "the source of more merges than any tokenizer has");
    for (auto [left, right] : splits)
      out.merges.emplace_back((*vocabulary.tokens)[left], (*vocabulary.tokens)[right]);
  }
  return {};
}

Result<void> set_sentencepiece(const GgufMetadata& metadata, const Vocabulary& vocabulary,
                               TokenizerText& out) {
  auto replace = [](std::string_view from, std::string_view to) {
    return Json::object()
        .set("type", "Replace")
        .set("pattern", Json::object().set("String", from))
        .set("content", to);
  };
  bool prefix = RETORT_TRY(metadata.bool_or("tokenizer.ggml.add_space_prefix", true));
  Json steps = Json::array();
  if (prefix) steps.push(Json::object().set("type", "Prepend").set("prepend", kSpace));
  steps.push(replace(" ", kSpace));
  out.normalizer = Json::object().set("type", "Sequence").set("normalizers", std::move(steps));
  Json decoders = Json::array().push(replace(kSpace, " "));
  decoders.push(Json::object().set("type", "ByteFallback")).push(Json::object().set("type", "Fuse"));
  if (prefix)
    decoders.push(Json::object().set("type", "Strip").set("content", " ").set("start", 1).set("stop", 0));
  out.decoder = Json::object().set("type", "Sequence").set("decoders", std::move(decoders));
  Json unknown;
  for (size_t id = 0; id < vocabulary.types.size(); ++id)
    if (vocabulary.types[id] == GgufTokenType::Unknown) unknown = (*vocabulary.tokens)[id];
  out.model.set("type", "BPE").set("dropout", nullptr).set("unk_token", unknown);
  out.model.set("continuing_subword_prefix", nullptr).set("end_of_word_suffix", nullptr);
  out.model.set("fuse_unk", true).set("byte_fallback", true).set("ignore_merges", false);
  return merges_of_scores(metadata, vocabulary, out);
}

// tokenizer_config.json: the tokens by role, and whether a text begins with one.
Result<Json> config_of(const GgufMetadata& metadata, const Vocabulary& vocabulary, bool add_begin) {
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
  Vocabulary vocabulary = RETORT_TRY(read_vocabulary(metadata));
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
