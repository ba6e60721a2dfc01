// For the tests of this room: a model and documents small enough to train in a blink.
#pragma once

#include <vector>

#include "base/random.h"
#include "data/example.h"
#include "model/decoder.h"

namespace retort {

// Two threads would spend such a small model's time waiting for one another.
inline const int kOneThread = (torch::set_num_threads(1), 1);

inline DecoderConfig tiny_config() {
  DecoderConfig config;
  config.vocabulary = 24, config.width = 16, config.layers = 2, config.heads = 2, config.kv_heads = 1;
  config.head_width = 8, config.feed_forward = 24, config.rope_base = 300, config.context = 32;
  return config;
}

// Documents of 4 to 11 tokens whose response is the prompt's first token, then an end token 1.
inline std::vector<TokenSequence> tiny_documents(size_t count) {
  std::vector<TokenSequence> documents;
  for (size_t i = 0; i < count; ++i) {
    Random random(9, "tiny", i);
    TokenSequence document;
    int64_t prompt = random.range(2, 9);
    for (int64_t t = 0; t < prompt; ++t) document.tokens.push_back(static_cast<int32_t>(random.range(2, 23)));
    document.response_begin = static_cast<int32_t>(prompt);
    document.tokens.push_back(document.tokens[0]);
    document.tokens.push_back(1);
    documents.push_back(document);
  }
  return documents;
}

}  // namespace retort
