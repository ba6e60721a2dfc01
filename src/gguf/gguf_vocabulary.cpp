#include "gguf/gguf_vocabulary.h"

#include "base/utf8.h"

namespace retort {
namespace {

constexpr std::string_view kTokens = "tokenizer.ggml.tokens", kTypes = "tokenizer.ggml.token_type";

}  // namespace

Result<GgufVocabulary> read_gguf_vocabulary(const GgufMetadata& metadata) {
  GgufVocabulary vocabulary;
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

}  // namespace retort
