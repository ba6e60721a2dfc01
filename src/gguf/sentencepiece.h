// SentencePiece's BPE (tokens with scores) as `tokenizers`' BPE with byte fallback (merges in order).
#pragma once

#include "gguf/gguf_vocabulary.h"
#include "gguf/tokenizer_text.h"

namespace retort {

Result<void> set_sentencepiece(const GgufMetadata& metadata, const GgufVocabulary& vocabulary,
                               TokenizerText& out);

}  // namespace retort
