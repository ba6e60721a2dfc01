// Reads and checks the text of a tokenizer.json. It may come from anywhere: size, depth, ids, merges and
// duplicates are checked, and nothing is allocated on the word of a number in it.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/bpe.h"
#include "tokenizer/pre_tokenizer.h"

namespace retort {

constexpr size_t kTokenizerBytesMax = size_t{64} << 20;

struct AddedToken {
  int32_t id = 0;
  std::string text;
  bool special = false;
};

struct TokenizerParts {
  Bpe bpe;
  PreTokenizer pre_tokenizer;
  std::vector<AddedToken> added;
  std::vector<std::string> bytes;  // by id: what a token decodes to; a special token to nothing
};

Result<TokenizerParts> parse_tokenizer_json(std::string_view text);

}  // namespace retort
