// Reads and checks the text of a tokenizer.json. It may come from anywhere: size, depth, ids, merges and
// duplicates are checked, and nothing is allocated on the word of a number in it.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/bpe.h"
#include "tokenizer/decoder.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"

namespace retort {

constexpr size_t kTokenizerBytesMax = size_t{64} << 20;

// What the post-processor puts around one text.
struct TokenFrame {
  std::vector<int32_t> before, after;
};

struct TokenizerParts {
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  Bpe bpe;
  TextDecoder decoder;
  TokenFrame frame;
  std::vector<AddedToken> added;
  std::vector<std::string> texts;  // by id, as the file writes them; empty where no token is
};

Result<TokenizerParts> parse_tokenizer_json(std::string_view text);

// The member "post_processor"; ids must be below `ids_end`.
Result<TokenFrame> parse_post_processor(const Json& json, int64_t ids_end);

}  // namespace retort
