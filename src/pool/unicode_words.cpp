#include "pool/unicode_words.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace retort {
namespace {

enum class Kind : uint8_t {
  Separator,
  Word,     // letters and digits of a script with spaces
  Alone,    // a token by itself
  Mark,     // belongs to the character before it
  Ignored,  // soft hyphens, joiners, variation selectors
};
using enum Kind;

struct KindRange {
  uint32_t first, last;
  Kind kind;
};
struct FoldRun {  // first, first + step, ..., last are compared as the character `delta` on
  uint32_t first, last, step;
  int32_t delta;
};
struct FoldString {
  uint32_t first;
  std::u32string_view fold;
};
#include "pool/unicode_tables.h"

// The last entry that begins at or before `c`, or nothing.
template <class Entry, size_t kCount>
const Entry* entry_before(const Entry (&entries)[kCount], uint32_t c) {
  auto after = std::upper_bound(std::begin(entries), std::end(entries), c,
                                [](uint32_t value, const Entry& entry) { return value < entry.first; });
  return after == std::begin(entries) ? nullptr : std::prev(after);
}

Kind kind_of(uint32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ? Word : Separator;
  const KindRange* range = entry_before(kKinds, c);
  return range && c <= range->last ? range->kind : Separator;
}

// Appends what `c` is compared as.
void append_folded(uint32_t c, std::u32string& out) {
  if (c < 0x80) {
    out += c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  } else if (c >= 0xAC00 && c <= 0xD7A3) {  // a Hangul syllable: its two or three letters (Unicode, 3.12)
    const uint32_t syllable = c - 0xAC00, tail = syllable % 28;
    out += {0x1100 + syllable / 588, 0x1161 + syllable % 588 / 28};
    if (tail != 0) out += 0x11A7 + tail;
  } else if (const FoldString* found = entry_before(kFoldStrings, c); found && found->first == c) {
    out += found->fold;
  } else if (const FoldRun* run = entry_before(kFoldRuns, c);
             run && c <= run->last && (c - run->first) % run->step == 0) {
    out += c + static_cast<uint32_t>(run->delta);
  } else {
    out += c;
  }
}

std::u32string folded(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto length = static_cast<size_t>(utf8_length(text));
    if (length == 0)
      out += U' ';
    else
      append_folded(utf8_decode(text), out);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace

void visit_unicode_words(std::string_view text, const std::function<void(std::string_view)>& visit) {
  std::u32string word, marks;
  std::string token;
  bool alone = false;
  const auto end_character = [&] {
    // In code point order, whatever order they were typed in; on nothing they mean nothing.
    std::sort(marks.begin(), marks.end());
    if (!word.empty()) word += marks;
    marks.clear();
  };
  const auto end_word = [&] {
    end_character();
    for (char32_t c : word) utf8_append(c, token);
    if (!token.empty()) visit(token);
    token.clear();
    word.clear();
    alone = false;
  };
  for (char32_t c : folded(text)) {
    const Kind kind = kind_of(c);
    if (kind == Ignored) continue;
    if (kind == Mark) {
      marks += c;
      continue;
    }
    if (kind == Word && !alone)
      end_character();
    else
      end_word();
    if (kind != Separator) word += c;
    alone = kind == Alone;
  }
  end_word();
}

std::vector<std::string> unicode_words(std::string_view text) {
  std::vector<std::string> words;
  visit_unicode_words(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

}  // namespace retort
