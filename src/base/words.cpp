#include "base/words.h"

#include "base/utf8.h"

namespace retort {
namespace {

bool white_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

// Bytes of the white space character at the front; 0 when there is none.
size_t white_space_length(std::string_view text) {
  int length = utf8_length(text);
  return length > 0 && white_space(utf8_decode(text)) ? static_cast<size_t>(length) : 0;
}

}  // namespace

size_t word_count(std::string_view text) {
  size_t words = 0;
  bool inside = false;
  while (!text.empty()) {
    size_t length = white_space_length(text);
    words += length == 0 && !inside;
    inside = length == 0;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return words;
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty()) {
    size_t begin = text.size() - 1;  // of the last character
    while (begin > 0 && text.size() - begin < 3 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80)
      --begin;
    if (white_space_length(text.substr(begin)) != text.size() - begin) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

std::string_view trim(std::string_view text) {
  while (size_t length = white_space_length(text)) text.remove_prefix(length);
  return trim_end(text);
}

}  // namespace retort
