#include "tokenizer/byte_alphabet.h"

#include <array>

#include "base/utf8.h"

namespace retort {
namespace {

constexpr uint32_t kFirstStandIn = 0x100, kCharacters = 0x144;

// Printable Latin-1 stands for itself; the 68 other bytes, in order, for U+0100 and up.
constexpr bool stands_for_itself(uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

struct Alphabet {
  std::array<uint32_t, 256> character{};
  std::array<int, kCharacters> byte{};
  constexpr Alphabet() {
    for (int& b : byte) b = -1;
    uint32_t next = kFirstStandIn;
    for (uint32_t b = 0; b < 256; ++b) {
      character[b] = stands_for_itself(b) ? b : next++;
      byte[character[b]] = static_cast<int>(b);
    }
  }
};
constexpr Alphabet kAlphabet;
static_assert(kAlphabet.byte[kCharacters - 1] == 0xAD, "68 bytes need a stand-in");

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  std::string text;
  for (char c : bytes) utf8_append(kAlphabet.character[static_cast<unsigned char>(c)], text);
  return text;
}

std::optional<std::string> from_byte_alphabet(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    int length = utf8_length(text);
    if (length == 0) return std::nullopt;
    uint32_t character = utf8_decode(text);
    if (character >= kCharacters || kAlphabet.byte[character] < 0) return std::nullopt;
    bytes += static_cast<char>(kAlphabet.byte[character]);
    text.remove_prefix(static_cast<size_t>(length));
  }
  return bytes;
}

}  // namespace retort
