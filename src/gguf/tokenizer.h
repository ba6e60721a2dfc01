// The tokenizer in a GGUF file's values <-> Hugging Face's tokenizer.json and tokenizer_config.json, as text
// and JSON: byte-level BPE ("gpt2" with its pre-tokenizer by name) and SentencePiece's BPE with byte fallback
// ("llama"). Scores become merges and back; nothing here tokenises.
#pragma once

#include "base/json.h"
#include "gguf/metadata.h"

namespace retort {

struct GgufTokenizer {
  std::string tokenizer_json;              // the file's text
  Json tokenizer_config = Json::object();  // special tokens by role, chat_template
};
// Malformed names the key; InvalidArgument the kind that this build does not read.
Result<GgufTokenizer> tokenizer_of_gguf(const GgufMetadata& metadata);

// Adds tokenizer.* to `metadata`: every token up to `vocabulary`, their kinds, merges or scores, the ids by
// role and the chat template. `config` is config.json, for ids that tokenizer_config.json does not name.
// InvalidArgument for a tokenizer that llama.cpp cannot be told.
Result<void> add_tokenizer_to_gguf(std::string_view tokenizer_json, const Json& tokenizer_config,
                                   const Json& config, int64_t vocabulary, GgufMetadata& metadata);

}  // namespace retort
