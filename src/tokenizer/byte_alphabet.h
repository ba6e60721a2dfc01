// GPT-2's byte alphabet: each of the 256 bytes is written as one printable character, so that a vocabulary of
// byte strings fits in JSON text (a space becomes "Ġ", a newline "Ċ").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retort {

// Any bytes -> valid UTF-8 text in the alphabet.
std::string to_byte_alphabet(std::string_view bytes);
// The way back; nothing when a character is outside the alphabet.
std::optional<std::string> from_byte_alphabet(std::string_view text);

}  // namespace retort
