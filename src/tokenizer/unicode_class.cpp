#include "tokenizer/unicode_class.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/utf8.h"

namespace retort {
namespace {

struct Range {
  uint32_t first, last;
  CharacterClass kind;
};
using enum CharacterClass;
constexpr Range kRanges[] = {
#include "tokenizer/unicode_ranges.h"
};

constexpr uint32_t kPageBits = 8, kPageSize = 1u << kPageBits, kPages = 0x110000 >> kPageBits;

// Two steps to a class: a page number, and the page; equal pages are kept once.
class Table {
 public:
  Table() {
    std::vector<CharacterClass> all(0x110000, Other);
    for (const Range& range : kRanges)
      std::fill(all.begin() + range.first, all.begin() + range.last + 1, range.kind);
    for (uint32_t page = 0; page < kPages; ++page) {
      auto from = all.begin() + page * kPageSize;
      size_t at = 0;
      while (at < pages_.size() &&
             !std::equal(from, from + kPageSize, pages_.begin() + static_cast<long>(at)))
        at += kPageSize;
      if (at == pages_.size()) pages_.insert(pages_.end(), from, from + kPageSize);
      starts_[page] = static_cast<uint32_t>(at);
    }
  }
  CharacterClass operator[](uint32_t c) const {
    return pages_[starts_[c >> kPageBits] + (c & (kPageSize - 1))];
  }

 private:
  std::array<uint32_t, kPages> starts_{};
  std::vector<CharacterClass> pages_;
};

// ASCII is nearly all of the text there is.
constexpr std::array<CharacterClass, 128> kAscii = [] {
  std::array<CharacterClass, 128> kinds{};
  for (const Range& range : kRanges)
    for (uint32_t c = range.first; c <= range.last && c < 128; ++c) kinds[c] = range.kind;
  return kinds;
}();

}  // namespace

CharacterClass character_class(uint32_t code_point) {
  static const Table table;
  return code_point < 0x110000 ? table[code_point] : Other;
}

Character character_at(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  unsigned char first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, kAscii[first], 1};
  std::string_view rest = text.substr(at);
  int length = utf8_length(rest);
  if (length == 0) return {0xFFFD, Other, 1};
  uint32_t code_point = utf8_decode(rest);
  return {code_point, character_class(code_point), static_cast<uint8_t>(length)};
}

std::string_view without_leading_space(std::string_view text) {
  for (Character first = character_at(text, 0); first.kind == Space; first = character_at(text, 0))
    text.remove_prefix(first.bytes);
  return text;
}

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty()) {
    size_t last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
    if (character_at(text, last).kind != Space) break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

}  // namespace retort
