#include "tokenizer/unicode_class.h"

#include <algorithm>
#include <iterator>

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

CharacterClass search(uint32_t code_point) {
  auto after = std::upper_bound(std::begin(kRanges), std::end(kRanges), code_point,
                                [](uint32_t c, const Range& range) { return c < range.first; });
  if (after == std::begin(kRanges)) return Other;
  const Range& range = *std::prev(after);
  return code_point <= range.last ? range.kind : Other;
}

// ASCII is nearly all of the text there is.
struct Ascii {
  CharacterClass kind[128];
  Ascii() {
    for (uint32_t c = 0; c < 128; ++c) kind[c] = search(c);
  }
};

}  // namespace

CharacterClass character_class(uint32_t code_point) {
  static const Ascii ascii;
  return code_point < 128 ? ascii.kind[code_point] : search(code_point);
}

}  // namespace retort
