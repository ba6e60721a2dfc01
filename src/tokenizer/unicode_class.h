// What a character is to the pre-tokenizers' patterns: Unicode's general category, in the groups that the
// patterns tell apart, as Hugging Face's `tokenizers` decides them (unicode_ranges.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace retort {

enum class CharacterClass : uint8_t {
  Other,     // controls, unassigned, private
  Upper,     // \p{Lu} \p{Lt}
  Lower,     // \p{Ll}
  Caseless,  // \p{Lm} \p{Lo}
  Mark,      // \p{M}
  Number,    // \p{N}
  Space,     // \s
  Punctuation,
  Symbol
};

CharacterClass character_class(uint32_t code_point);

// \p{L}
constexpr bool is_letter(CharacterClass kind) {
  return kind == CharacterClass::Upper || kind == CharacterClass::Lower || kind == CharacterClass::Caseless;
}

struct Character {
  uint32_t code_point = 0;
  CharacterClass kind = CharacterClass::Other;
  uint8_t bytes = 0;  // 1 for an ill-formed byte, which is U+FFFD of class Other; 0 at the end of the text
};

// The character that starts at byte `at`.
Character character_at(std::string_view text, size_t at);
// Without the white space (\s) at one end.
std::string_view without_leading_space(std::string_view text);
std::string_view without_trailing_space(std::string_view text);

}  // namespace retort
