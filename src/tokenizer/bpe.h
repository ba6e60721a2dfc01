// Byte-pair encoding of one piece of text: its characters (or bytes) become tokens, then the pair of least
// rank merges, leftmost first, until none does. A piece of n bytes costs O(n log n). Two kinds: byte-level
// (GPT-2), whose vocabulary is over bytes, and SentencePiece's, over characters, where one that no token
// spells becomes its bytes <0xNN> (byte fallback) or the unknown token.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizer/flat_map.h"
#include "tokenizer/word_cache.h"

namespace retort {

// Read by any number of threads once it is filled.
struct Bpe {
  enum class Symbols { Bytes, Characters };
  Symbols symbols = Symbols::Bytes;
  TextMap ids;                          // the token's bytes, or its text
  std::array<int32_t, 256> byte_ids{};  // Bytes: of each byte. Characters: of <0xNN>. -1 where there is none.
  PairMap merges;
  bool ignore_merges = false;  // a piece that is a token as a whole is that token
  bool byte_fallback = false;
  bool fuse_unknown = false;          // neighbours without a token become one unknown
  std::optional<int32_t> unknown_id;  // none: such characters vanish
  // A merge may reach over the start of a "▁word" only behind these characters (ascending), so elsewhere a
  // piece is encoded word by word.
  bool words_apart = false;
  std::vector<uint32_t> joins_mark;

  // Appends the ids of `piece` to `out`.
  void encode(std::string_view piece, WordCache& cache, std::vector<int32_t>& out) const;
  // Without the cache and the short cut for short pieces: the definition, for tests.
  void encode_plain(std::string_view piece, std::vector<int32_t>& out) const;
  // Appends what a piece starts as, before any merge.
  void append_symbols(std::string_view piece, std::vector<int32_t>& out) const;
};

}  // namespace retort
