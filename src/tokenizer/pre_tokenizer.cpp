#include "tokenizer/pre_tokenizer.h"

#include "base/utf8.h"
#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

using enum CharacterClass;

struct Character {
  CharacterClass kind = Other;
  size_t bytes = 0;
};

Character character_at(std::string_view text, size_t at) {
  unsigned char first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {character_class(first), 1};
  int length = utf8_length(text.substr(at));
  if (length == 0) return {Other, 1};
  return {character_class(utf8_decode(text.substr(at))), static_cast<size_t>(length)};
}

// Where the run of characters of this kind that starts at `at` ends.
size_t run_end(std::string_view text, size_t at, CharacterClass kind) {
  while (at < text.size()) {
    Character next = character_at(text, at);
    if (next.kind != kind) break;
    at += next.bytes;
  }
  return at;
}

// 's 't 'm 'd 're 've 'll, or 0.
size_t contraction_bytes(std::string_view rest) {
  if (rest.size() < 2 || rest[0] != '\'') return 0;
  char c = rest[1];
  if (c == 's' || c == 't' || c == 'm' || c == 'd') return 2;
  std::string_view three = rest.substr(0, 3);
  return three == "'re" || three == "'ve" || three == "'ll" ? 3 : 0;
}

// \s+(?!\S)|\s+: a run of spaces leaves its last one to the word that follows, unless it is the only one.
size_t space_end(std::string_view text, size_t at) {
  size_t last = at, end = at;
  while (end < text.size()) {
    Character next = character_at(text, end);
    if (next.kind != Space) break;
    last = end;
    end += next.bytes;
  }
  return end < text.size() && last > at ? last : end;
}

size_t piece_end(std::string_view text, size_t at) {
  if (size_t bytes = contraction_bytes(text.substr(at)); bytes > 0) return at + bytes;
  size_t word = text[at] == ' ' && at + 1 < text.size() ? at + 1 : at;
  CharacterClass kind = character_at(text, word).kind;
  return kind == Space ? space_end(text, at) : run_end(text, word, kind);
}

void split_gpt2(std::string_view text, const std::function<void(std::string_view)>& piece) {
  for (size_t at = 0; at < text.size();) {
    size_t end = piece_end(text, at);
    piece(text.substr(at, end - at));
    at = end;
  }
}

Error unknown(std::string_view what) {
  return {
      ErrorCode::InvalidArgument,
      format("tokenizer.json: this build reads byte-level BPE cut by GPT-2's pattern, not {}; use a model "
             "with such a tokenizer",
             terminal_safe(what, 60))};
}

Result<void> check_byte_level(const Json& json) {
  std::string_view type = json.at_path("type").string_or("(no type)");
  if (type != "ByteLevel") return unknown(format("the pre-tokenizer {}", type));
  if (json.at_path("add_prefix_space").bool_or(true)) return unknown("ByteLevel with add_prefix_space");
  if (!json.at_path("use_regex").bool_or(true)) return unknown("ByteLevel without its pattern");
  return {};
}

}  // namespace

void PreTokenizer::split(std::string_view text, const std::function<void(std::string_view)>& piece) const {
  if (digits == Digits::Grouped) return split_gpt2(text, piece);
  size_t from = 0;  // of what is not yet cut
  for (size_t at = 0; at < text.size();) {
    Character next = character_at(text, at);
    if (next.kind == Number) {
      split_gpt2(text.substr(from, at - from), piece);
      piece(text.substr(at, next.bytes));
      from = at + next.bytes;
    }
    at += next.bytes;
  }
  split_gpt2(text.substr(from), piece);
}

Result<PreTokenizer> parse_pre_tokenizer(const Json& json) {
  std::vector<Json> steps = {json};
  if (json.at_path("type").string_or("") == "Sequence") steps = json.at_path("pretokenizers").items();
  PreTokenizer result;
  if (steps.size() == 2 && steps[0].at_path("type").string_or("") == "Digits") {
    if (!steps[0].at_path("individual_digits").bool_or(false)) return unknown("Digits in groups");
    result.digits = Digits::Apart;
    steps.erase(steps.begin());
  }
  if (steps.size() != 1) return unknown(format("a sequence of {} pre-tokenizers", steps.size()));
  if (auto known = check_byte_level(steps[0]); !known) return known.error();
  return result;
}

}  // namespace retort
