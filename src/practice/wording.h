// A wording is a row of literal words with gaps: "Replace {0} by {1} in {2} ." or "Sort {*} .", where {*}
// takes one word or more. Rendering fills the gaps; matching reads them back. A table of all wordings by
// their first word keeps understanding a text from trying every one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "practice/skill.h"

namespace retort::practice {

class Wording {
 public:
  explicit Wording(std::string_view text);
  std::string render(const Operands& operands) const;
  // The gaps' contents, or nothing when a literal word differs or the count of words does not fit.
  std::optional<Operands> match(std::span<const std::string_view> words) const;
  const std::string& first_word() const { return pieces_.front().literal; }

 private:
  struct Piece {
    enum class Kind { Literal, Scalar, List } kind = Kind::Literal;
    std::string literal;
    size_t scalar = 0;
  };
  static bool take(const Piece& piece, std::string_view word, Operands& operands);

  std::vector<Piece> pieces_;
  size_t scalars_ = 0;
  std::optional<size_t> list_at_;  // where {*} stands; at most one
};

// Every wording of the world.
class WordingTable {
 public:
  struct Entry {
    int skill = 0;
    int wording = 0;
    Wording text;
  };
  WordingTable();
  const Wording& at(int skill, int wording) const { return entries_[skill * 4 + wording].text; }
  // Indices of those that open with this word.
  std::span<const size_t> opened_by(std::string_view first_word) const;
  const Entry& entry(size_t index) const { return entries_[index]; }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::vector<size_t>> by_first_word_;
};
const WordingTable& wording_table();

// Splits at white space (space, tab, line ends).
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace retort::practice
