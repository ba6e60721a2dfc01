#include "tokenizer/pattern.h"

#include "base/utf8.h"
#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

using enum CharacterClass;

constexpr struct {
  std::string_view expression;
  Pattern pattern;
} kKnown[] = {
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", Pattern::Gpt2},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", Pattern::Gpt2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Pattern::Llama3},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Pattern::Qwen2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Pattern::Qwen35},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Pattern::O200k},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Pattern::Tekken},
    {"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
     "?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
     Pattern::DeepSeek},
    {R"(\p{N}{1,3})", Pattern::Digits1to3},
    {"[一-龥\u3040-\u309F\u30A0-\u30FF]+", Pattern::Kana},
    {R"(\p{N})", Pattern::Digit},
    {R"(\d)", Pattern::Digit},
    {R"(\p{N}+)", Pattern::Digits},
    {R"(\s+)", Pattern::Spaces},
};

bool is_newline(const Character& c) { return c.code_point == '\r' || c.code_point == '\n'; }

// Where the run of characters that satisfy `test` ends, at most `count_max` of them.
template <class Test>
size_t run_end(std::string_view text, size_t at, Test test, size_t count_max = SIZE_MAX) {
  for (size_t count = 0; count < count_max; ++count) {
    Character next = character_at(text, at);
    if (next.bytes == 0 || !test(next)) break;
    at += next.bytes;
  }
  return at;
}

// 's 't 'm 'd 're 've 'll, as bytes; 0 when there is none.
size_t contraction_bytes(std::string_view rest) {
  if (rest.size() < 2 || rest[0] != '\'') return 0;
  char c = rest[1];
  if (c == 's' || c == 't' || c == 'm' || c == 'd') return 2;
  std::string_view three = rest.substr(0, 3);
  return three == "'re" || three == "'ve" || three == "'ll" ? 3 : 0;
}

// The same in any case; "ſ", the long s, is an s in another case.
size_t contraction_bytes_any_case(std::string_view rest) {
  if (rest.size() < 2 || rest[0] != '\'') return 0;
  if (rest.substr(1).starts_with("\xC5\xBF")) return 3;
  auto low = [&](size_t i) { return i < rest.size() ? static_cast<char>(rest[i] | 0x20) : '\0'; };
  char lower[3] = {'\'', low(1), low(2)};
  return contraction_bytes(std::string_view(lower, rest.size() < 3 ? 2 : 3));
}

// \s*[\r\n]+|\s+(?!\S)|\s+ : up to the run's last newline; else all of it at the end of the text; else all
// but its last character, which the word behind it takes, unless it is the only one. Gpt2 knows no newlines.
enum class Newlines { Apart, Plain };
size_t space_end(std::string_view text, size_t at, Newlines newlines) {
  size_t last = at, end = at, after_newline = 0;
  while (true) {
    Character next = character_at(text, end);
    if (next.kind != Space) break;
    last = end;
    end += next.bytes;
    if (newlines == Newlines::Apart && is_newline(next)) after_newline = end;
  }
  if (after_newline > 0) return after_newline;
  return end < text.size() && last > at ? last : end;
}

size_t gpt2_end(std::string_view text, size_t at) {
  if (size_t bytes = contraction_bytes(text.substr(at)); bytes > 0) return at + bytes;
  size_t word = text[at] == ' ' && at + 1 < text.size() ? at + 1 : at;
  CharacterClass kind = character_at(text, word).kind;
  if (kind == Space) return space_end(text, at, Newlines::Plain);
  if (is_letter(kind)) return run_end(text, word, [](const Character& c) { return is_letter(c.kind); });
  if (kind == Number) return run_end(text, word, [](const Character& c) { return c.kind == Number; });
  return run_end(text, word, [](const Character& c) {
    return !is_letter(c.kind) && c.kind != Number && c.kind != Space;
  });
}

// What the newer patterns differ in.
enum class Marks { Apart, AmongLetters };
struct Newer {
  size_t digits_max;
  Marks marks;
};

bool is_word(const Character& c, Marks marks) {
  return is_letter(c.kind) || (marks == Marks::AmongLetters && c.kind == Mark);
}

// ` ?[^\s\p{L}\p{N}]+` and the newlines behind it (and slashes, for some); `at` when no such thing is here.
template <class Tail>
size_t punctuation_end(std::string_view text, size_t at, Marks marks, Tail tail) {
  auto other = [&](const Character& c) { return !is_word(c, marks) && c.kind != Number && c.kind != Space; };
  size_t from = text[at] == ' ' ? at + 1 : at;
  size_t end = run_end(text, from, other);
  return end > from ? run_end(text, end, tail) : at;
}

// The word that starts at `at`, one character that is no letter, number or newline before it.
size_t word_end(std::string_view text, size_t at, const Character& first, Marks marks) {
  bool opens = !is_letter(first.kind) && first.kind != Number && !is_newline(first);
  auto letter = [&](const Character& c) { return is_word(c, marks); };
  size_t from = opens ? at + first.bytes : at;
  size_t end = run_end(text, from, letter);
  if (end > from) return end;
  return opens ? run_end(text, at, letter) : at;  // a mark may be the opening character and the word
}

size_t newer_end(std::string_view text, size_t at, Newer kind) {
  if (size_t bytes = contraction_bytes_any_case(text.substr(at)); bytes > 0) return at + bytes;
  Character first = character_at(text, at);
  if (size_t end = word_end(text, at, first, kind.marks); end > at) return end;
  if (first.kind == Number)
    return run_end(
        text, at, [](const Character& c) { return c.kind == Number; }, kind.digits_max);
  if (size_t end = punctuation_end(text, at, kind.marks, is_newline); end > at) return end;
  return space_end(text, at, Newlines::Apart);
}

bool may_be_upper(const Character& c) { return c.kind == Upper || c.kind == Caseless || c.kind == Mark; }
bool may_be_lower(const Character& c) { return c.kind == Lower || c.kind == Caseless || c.kind == Mark; }

// [upper]*[lower]+ from here: the second needs one character, which the first may have to give back: the last
// that is both. `at` when there is no lower one.
size_t lower_word_end(std::string_view text, size_t at) {
  size_t end = at, given_back = at;
  while (true) {
    Character next = character_at(text, end);
    if (next.bytes == 0 || !may_be_upper(next)) break;
    end += next.bytes;
    if (may_be_lower(next)) given_back = end;
  }
  size_t lower = run_end(text, end, may_be_lower);
  return lower > end ? lower : given_back;
}
// [upper]+[lower]*
size_t upper_word_end(std::string_view text, size_t at) {
  size_t end = run_end(text, at, may_be_upper);
  return end > at ? run_end(text, end, may_be_lower) : at;
}

// A word of one case or capitalised, one character that is no letter, number or newline before it.
size_t cased_word_end(std::string_view text, size_t at, const Character& first) {
  bool opens = !is_letter(first.kind) && first.kind != Number && !is_newline(first);
  size_t inner = at + first.bytes;
  for (auto word : {lower_word_end, upper_word_end}) {
    if (opens)
      if (size_t end = word(text, inner); end > inner) return end;
    if (size_t end = word(text, at); end > at) return end;
  }
  return at;
}

enum class Contractions { WithWord, None };
size_t cased_end(std::string_view text, size_t at, size_t digits_max, Contractions contractions) {
  Character first = character_at(text, at);
  if (size_t end = cased_word_end(text, at, first); end > at) {
    bool more = contractions == Contractions::WithWord && end < text.size();
    return more ? end + contraction_bytes_any_case(text.substr(end)) : end;
  }
  if (first.kind == Number)
    return run_end(
        text, at, [](const Character& c) { return c.kind == Number; }, digits_max);
  auto tail = [](const Character& c) { return is_newline(c) || c.code_point == '/'; };
  if (size_t end = punctuation_end(text, at, Marks::Apart, tail); end > at) return end;
  return space_end(text, at, Newlines::Apart);
}

bool is_ascii_punctuation(uint32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

size_t deepseek_end(std::string_view text, size_t at) {
  Character first = character_at(text, at);
  if (is_ascii_punctuation(first.code_point)) {
    auto latin = [](const Character& c) { return c.code_point < 0x80 && is_letter(c.kind); };
    if (size_t end = run_end(text, at + 1, latin); end > at + 1) return end;
  }
  auto word = [](const Character& c) { return is_word(c, Marks::AmongLetters); };
  auto sign = [](const Character& c) { return c.kind == Punctuation || c.kind == Symbol; };
  bool opens = !is_letter(first.kind) && !sign(first) && !is_newline(first);
  size_t from = opens ? at + first.bytes : at;
  if (size_t end = run_end(text, from, word); end > from) return end;
  if (size_t end = opens ? run_end(text, at, word) : at; end > at) return end;
  from = text[at] == ' ' ? at + 1 : at;
  if (size_t end = run_end(text, from, sign); end > from) return run_end(text, end, is_newline);
  return first.kind == Space ? space_end(text, at, Newlines::Apart) : at;
}

bool is_kana(const Character& c) {
  return (c.code_point >= 0x4E00 && c.code_point <= 0x9FA5) ||
         (c.code_point >= 0x3040 && c.code_point <= 0x30FF);
}

}  // namespace

Result<Pattern> parse_pattern(std::string_view expression) {
  for (const auto& known : kKnown)
    if (known.expression == expression) return known.pattern;
  return Error{
      ErrorCode::InvalidArgument,
      format("tokenizer.json cuts text by a regular expression that this build does not know ({}); use "
             "a model whose tokenizer is of a known family (GPT-2, LLaMA, Qwen, gpt-oss, DeepSeek, "
             "Mistral, Gemma, SmolLM)",
             terminal_safe(expression, 60))};
}

size_t match_end(Pattern pattern, std::string_view text, size_t at) {
  auto number = [](const Character& c) { return c.kind == Number; };
  switch (pattern) {
    case Pattern::Gpt2:
      return gpt2_end(text, at);
    case Pattern::Llama3:
      return newer_end(text, at, {3, Marks::Apart});
    case Pattern::Qwen2:
      return newer_end(text, at, {1, Marks::Apart});
    case Pattern::Qwen35:
      return newer_end(text, at, {1, Marks::AmongLetters});
    case Pattern::O200k:
      return cased_end(text, at, 3, Contractions::WithWord);
    case Pattern::Tekken:
      return cased_end(text, at, 1, Contractions::None);
    case Pattern::DeepSeek:
      return deepseek_end(text, at);
    case Pattern::Digits1to3:
      return run_end(text, at, number, 3);
    case Pattern::Kana:
      return run_end(text, at, is_kana);
    case Pattern::Digit:
      return run_end(text, at, number, 1);
    case Pattern::Digits:
      return run_end(text, at, number);
    case Pattern::Spaces:
      return run_end(text, at, [](const Character& c) { return c.kind == Space; });
  }
  return at;
}

}  // namespace retort
