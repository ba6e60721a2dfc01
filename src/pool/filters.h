// Lion's filters on a generated text, in its order (specs/lion.md §4.2), with our mends as options, and
// Self-Instruct's (specs/orca_and_methods.md §2.1). Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "data/answer.h"

namespace retort {

struct FilterOptions {
  bool refuse_word_instruction = true;             // Lion 1: the word "instruction" anywhere, any case
  int words_min = 4;                               // Lion 3: at most 3 words are refused
  bool refuse_punctuation_start = true;            // Lion 4: first character ASCII punctuation
  bool refuse_non_ascii_start = true;              // Lion 5; false lets other scripts in
  int words_max = 0;                               // Self-Instruct: 150; 0: any number
  bool refuse_program_start = false;               // Self-Instruct: "Write a program ..."
  std::span<const std::string_view> refuse_words;  // whole words, in any case
};
// What Self-Instruct refuses because a text cannot hold it (pictures, files, "go to", ...), and what Alpaca
// adds to that (sound and film).
std::span<const std::string_view> unanswerable_words();

// Why a draft is refused ("cut at the token limit", "holds the word instruction", ...), or nothing. ROUGE-L
// (Lion 6) is NoveltyIndex's.
std::optional<std::string_view> refuse_draft(std::string_view text, Finish finish,
                                             const FilterOptions& options);

}  // namespace retort
