// The list of tokens in a GGUF file, checked: UTF-8, each once, with its kind.
#pragma once

#include <unordered_map>

#include "gguf/metadata.h"

namespace retort {

struct GgufVocabulary {
  const GgufValue::Texts* tokens = nullptr;  // by id; the metadata's own
  std::vector<GgufTokenType> types;          // the same
  std::unordered_map<std::string_view, size_t> ids;
};
// NotFound or Malformed names the key, and the place in its array.
Result<GgufVocabulary> read_gguf_vocabulary(const GgufMetadata& metadata);

}  // namespace retort
