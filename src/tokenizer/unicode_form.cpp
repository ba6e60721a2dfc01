#include "tokenizer/unicode_form.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

struct Decomposition {
  uint32_t from, to[4];  // ends with a zero where shorter
};
struct Composition {
  uint32_t first, second, to;
};
struct Mark {
  uint32_t code_point;
  uint8_t order;  // the canonical combining class
};
struct Lowering {
  uint32_t first, last, step;
  int32_t delta;
};
#include "tokenizer/unicode_forms.h"

// Hangul syllables are computed (Unicode 3.12).
constexpr uint32_t kSyllables = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTails = 0x11A7;
constexpr uint32_t kLeadCount = 19, kVowelCount = 21, kTailCount = 28;
constexpr uint32_t kSyllableCount = kLeadCount * kVowelCount * kTailCount;

struct Tables {
  std::unordered_map<uint32_t, const Decomposition*> decompositions;
  std::unordered_map<uint64_t, uint32_t> compositions;
  std::unordered_map<uint32_t, uint8_t> orders;
  Tables() {
    for (const Decomposition& d : kDecompositions) decompositions.emplace(d.from, &d);
    for (const Composition& c : kCompositions) compositions.emplace(uint64_t{c.first} << 32 | c.second, c.to);
    for (const Mark& mark : kMarks) orders.emplace(mark.code_point, mark.order);
  }
};
const Tables& tables() {
  static const Tables all;
  return all;
}

struct Part {
  uint32_t code_point;
  uint8_t order;
};

void decompose(uint32_t c, std::vector<Part>& out) {
  auto add = [&](uint32_t part) {
    auto order = tables().orders.find(part);
    out.push_back({part, order == tables().orders.end() ? uint8_t{0} : order->second});
  };
  if (c >= kSyllables && c < kSyllables + kSyllableCount) {
    uint32_t index = c - kSyllables;
    add(kLeads + index / (kVowelCount * kTailCount));
    add(kVowels + index / kTailCount % kVowelCount);
    if (index % kTailCount != 0) add(kTails + index % kTailCount);
    return;
  }
  auto found = tables().decompositions.find(c);
  if (found == tables().decompositions.end()) return add(c);
  for (uint32_t part : found->second->to)
    if (part != 0) add(part);
}

std::vector<Part> decompose(std::string_view text) {
  std::vector<Part> parts;
  for (size_t at = 0; at < text.size();) {
    Character next = character_at(text, at);
    decompose(next.code_point, parts);
    at += next.bytes;
  }
  // Runs of marks are sorted by class; equal classes keep their order.
  for (auto from = parts.begin(); from != parts.end();) {
    auto end = std::find_if(from, parts.end(), [](const Part& part) { return part.order == 0; });
    std::stable_sort(from, end, [](const Part& a, const Part& b) { return a.order < b.order; });
    from = end == parts.end() ? end : end + 1;
  }
  return parts;
}

// The character that two make together, or 0.
uint32_t compose(uint32_t a, uint32_t b) {
  if (a >= kLeads && a < kLeads + kLeadCount && b >= kVowels && b < kVowels + kVowelCount)
    return kSyllables + ((a - kLeads) * kVowelCount + (b - kVowels)) * kTailCount;
  if (a >= kSyllables && a < kSyllables + kSyllableCount && (a - kSyllables) % kTailCount == 0 &&
      b > kTails && b < kTails + kTailCount)
    return a + (b - kTails);
  auto found = tables().compositions.find(uint64_t{a} << 32 | b);
  return found == tables().compositions.end() ? 0 : found->second;
}

void compose(std::vector<Part>& parts) {
  size_t kept = 0, starter = SIZE_MAX;
  for (const Part part : parts) {
    // Blocked by a mark of the same or a higher class between the two.
    bool blocked = starter == SIZE_MAX || (kept > starter + 1 && parts[kept - 1].order >= part.order);
    uint32_t joined = blocked ? 0 : compose(parts[starter].code_point, part.code_point);
    if (joined != 0) {
      parts[starter].code_point = joined;
      continue;
    }
    if (part.order == 0) starter = kept;
    parts[kept++] = part;
  }
  parts.resize(kept);
}

std::string text_of(const std::vector<Part>& parts) {
  std::string text;
  for (const Part& part : parts) utf8_append(part.code_point, text);
  return text;
}

bool ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

uint32_t lowered(uint32_t c) {
  auto after = std::upper_bound(std::begin(kLowerings), std::end(kLowerings), c,
                                [](uint32_t value, const Lowering& range) { return value < range.first; });
  if (after == std::begin(kLowerings)) return c;
  const Lowering& range = *std::prev(after);
  bool inside = c <= range.last && (c - range.first) % range.step == 0;
  return inside ? static_cast<uint32_t>(static_cast<int64_t>(c) + range.delta) : c;
}

}  // namespace

std::string to_nfd(std::string_view text) {
  return ascii(text) ? std::string(text) : text_of(decompose(text));
}

std::string to_nfc(std::string_view text) {
  if (ascii(text)) return std::string(text);
  std::vector<Part> parts = decompose(text);
  compose(parts);
  return text_of(parts);
}

std::string to_lower(std::string_view text) {
  constexpr uint32_t kCapitalIWithDot = 0x130;  // the one that becomes two characters
  std::string out;
  for (size_t at = 0; at < text.size();) {
    Character next = character_at(text, at);
    utf8_append(lowered(next.code_point), out);
    if (next.code_point == kCapitalIWithDot) out += "\xCC\x87";
    at += next.bytes;
  }
  return out;
}

}  // namespace retort
