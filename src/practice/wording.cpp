// Wordings: compile, render, match, and the table by first word.
#include "practice/wording.h"

#include <algorithm>

#include "base/check.h"

namespace retort::practice {

std::vector<std::string_view> split_words(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n";
  std::vector<std::string_view> words;
  size_t begin = text.find_first_not_of(kSpace);
  while (begin != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(kSpace, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kSpace, end);
  }
  return words;
}

Wording::Wording(std::string_view text) {
  for (std::string_view word : split_words(text)) {
    Piece piece;
    if (word == "{*}") {
      RETORT_CHECK(!list_at_, "two lists in '{}'", text);
      list_at_ = pieces_.size();
      piece.kind = Piece::Kind::List;
    } else if (word.size() == 3 && word.front() == '{' && word.back() == '}') {
      piece.kind = Piece::Kind::Scalar;
      piece.scalar = static_cast<size_t>(word[1] - '0');
      scalars_ = std::max(scalars_, piece.scalar + 1);
    } else {
      piece.literal = word;
    }
    pieces_.push_back(std::move(piece));
  }
  RETORT_CHECK(!pieces_.empty() && pieces_.front().kind == Piece::Kind::Literal, "'{}' opens with a gap",
               text);
}

std::string Wording::render(const Operands& operands) const {
  RETORT_CHECK(operands.scalars.size() == scalars_, "{} operands, wanted {}", operands.scalars.size(),
               scalars_);
  std::string text;
  for (const Piece& piece : pieces_) {
    if (!text.empty()) text += ' ';
    switch (piece.kind) {
      case Piece::Kind::Literal:
        text += piece.literal;
        break;
      case Piece::Kind::Scalar:
        text += operands.scalars[piece.scalar];
        break;
      case Piece::Kind::List:
        text += join(operands.list);
        break;
    }
  }
  return text;
}

bool Wording::take(const Piece& piece, std::string_view word, Operands& operands) {
  if (piece.kind == Piece::Kind::Literal) return piece.literal == word;
  operands.scalars[piece.scalar] = word;
  return true;
}

std::optional<Operands> Wording::match(std::span<const std::string_view> words) const {
  const size_t before = list_at_.value_or(pieces_.size());
  const size_t after = list_at_ ? pieces_.size() - before - 1 : 0;
  if (list_at_ ? words.size() <= before + after : words.size() != before) return std::nullopt;
  Operands operands;
  operands.scalars.resize(scalars_);
  for (size_t i = 0; i < before; ++i) {
    if (!take(pieces_[i], words[i], operands)) return std::nullopt;
  }
  for (size_t i = 1; i <= after; ++i) {
    if (!take(pieces_[pieces_.size() - i], words[words.size() - i], operands)) return std::nullopt;
  }
  if (list_at_) operands.list.assign(words.begin() + before, words.end() - after);
  return operands;
}

WordingTable::WordingTable() {
  for (size_t skill = 0; skill < rules().size(); ++skill) {
    for (int wording = 0; wording < 4; ++wording) {
      entries_.push_back({static_cast<int>(skill), wording, Wording(rules()[skill].wordings[wording])});
      by_first_word_[entries_.back().text.first_word()].push_back(entries_.size() - 1);
    }
  }
}

std::span<const size_t> WordingTable::opened_by(std::string_view first_word) const {
  const auto found = by_first_word_.find(std::string(first_word));
  return found == by_first_word_.end() ? std::span<const size_t>() : std::span<const size_t>(found->second);
}

const WordingTable& wording_table() {
  static const WordingTable table;
  return table;
}

}  // namespace retort::practice
