// Which characters are letters, numbers and spaces to the pre-tokenizers: \p{L}, \p{N} and \s of Unicode, as
// Hugging Face's `tokenizers` decides them (unicode_ranges.h).
#pragma once

#include <cstdint>

namespace retort {

enum class CharacterClass : uint8_t { Other, Letter, Number, Space };

CharacterClass character_class(uint32_t code_point);

}  // namespace retort
