// The world's words: what its lists, names and places are drawn from, and made-up words for the skills that
// work on letters (real ones would be single tokens of the student's, whose letters it never sees).
#pragma once

#include <string>
#include <vector>

#include "base/random.h"

namespace retort::practice {

const std::vector<std::string>& things();  // short everyday words, for lists
const std::vector<std::string>& people();  // first names
const std::vector<std::string>& towns();   // one word each

// `count` different entries of `words`. Requires that it has so many.
std::vector<std::string> draw_distinct(const std::vector<std::string>& words, size_t count, Random& random);
// `count` different numbers of [lo, hi], as text. Requires that there are so many.
std::vector<std::string> draw_numbers(int64_t lo, int64_t hi, size_t count, Random& random);
// A made-up word of so many letters, consonants and vowels in turn: "zubak".
std::string made_up_word(int64_t letters, Random& random);
std::string draw_letter(Random& random);
std::string draw_number(int64_t lo, int64_t hi, Random& random);

}  // namespace retort::practice
