#include "roles/system_message.h"

#include <array>
#include <cctype>
#include <string>

#include "base/words.h"

namespace retort {
namespace {

constexpr std::array kCot = {6, 11, 16};
constexpr std::array kNatural = {1, 2, 5, 7, 9, 12, 13, 15, 14};  // the translator last
constexpr std::array kT0 = {1, 2, 3, 5, 7, 10};                   // 10: multiple choice alone
constexpr std::array kFlan = {3, 4, 7, 8, 10};                    // 8 and 10: multiple choice alone
constexpr double kNoTranslator = 0.102;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// The mark of an option that `text` begins with, in lower case: 'a' of "A) ", "(a) ", "[A] ", "A. "; else
// '\0'.
char option_mark(std::string_view text) {
  const bool opened = text.starts_with('(') || text.starts_with('[');
  if (opened) text.remove_prefix(1);
  if (text.size() < 2 || std::isalnum(static_cast<unsigned char>(text[0])) == 0) return '\0';
  const bool closes =
      opened ? text[1] == ')' || text[1] == ']' : text[1] == ')' || text[1] == '.' || text[1] == ':';
  const bool apart = text.size() == 2 || text[2] == ' ' || text[2] == '\t' || opened;
  return closes && apart ? static_cast<char>(std::tolower(static_cast<unsigned char>(text[0]))) : '\0';
}

// How many marks follow each other from 'a' (or '1') on.
class Sequence {
 public:
  void take(char mark) {
    if (mark == 'a' || mark == '1')
      next_ = mark, length_ = 1;
    else if (length_ > 0 && mark == next_ + 1)
      next_ = mark, ++length_;
    if (length_ >= 2) (next_ > '9' ? letters_ : digits_) = true;
  }
  bool letters() const { return letters_; }
  bool digits() const { return digits_; }

 private:
  char next_ = '\0';
  int length_ = 0;
  bool letters_ = false, digits_ = false;
};

bool lists_options_in_a_line(std::string_view line) {
  Sequence marks;
  for (size_t at = line.find('('); at != line.npos; at = line.find('(', at + 1))
    if (char mark = option_mark(line.substr(at)); mark > '9' && (at == 0 || line[at - 1] == ' '))
      marks.take(mark);
  return marks.letters();
}

}  // namespace

std::string_view sub_collection_name(SubCollection collection) {
  switch (collection) {
    case SubCollection::Cot:
      return "cot";
    case SubCollection::NaturalInstructions:
      return "niv2";
    case SubCollection::T0:
      return "t0";
    case SubCollection::Flan2021:
      return "flan2021";
  }
  return "";
}

std::optional<SubCollection> find_sub_collection(std::string_view kind) {
  const std::string name = lower(kind.substr(0, kind.find_first_of("./:")));
  if (name == "cot") return SubCollection::Cot;
  if (name == "niv2" || name == "niv") return SubCollection::NaturalInstructions;
  if (name == "t0") return SubCollection::T0;
  if (name == "flan2021" || name == "flan") return SubCollection::Flan2021;
  return std::nullopt;
}

QuestionForm question_form(std::string_view text) {
  Sequence by_line;
  int below_heading = -1;  // items below "Options:"; -1: no such line yet
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    by_line.take(option_mark(line));
    if (lists_options_in_a_line(line)) return QuestionForm::MultipleChoice;
    const std::string low = lower(line);
    if (low == "options:" || low == "choices:" || low == "options" || low == "answer choices:")
      below_heading = 0;
    else if (below_heading >= 0 &&
             (line.starts_with("-") || line.starts_with("*") || option_mark(line) != '\0'))
      ++below_heading;
  }
  if (by_line.letters() || below_heading >= 2) return QuestionForm::MultipleChoice;
  if (!by_line.digits()) return QuestionForm::Open;
  const std::string low = lower(text);
  for (const char* word : {"option", "choice", "choose", "which of"})
    if (low.find(word) != low.npos) return QuestionForm::MultipleChoice;
  return QuestionForm::Open;
}

std::span<const int> system_messages_for(SubCollection collection, QuestionForm form) {
  const bool choice = form == QuestionForm::MultipleChoice;
  switch (collection) {
    case SubCollection::Cot:
      return kCot;
    case SubCollection::NaturalInstructions:
      return kNatural;
    case SubCollection::T0:
      return std::span(kT0).first(choice ? 6 : 5);
    case SubCollection::Flan2021:
      return std::span(kFlan).first(choice ? 5 : 3);
  }
  return {};
}

int draw_system_message(SubCollection collection, QuestionForm form, Random& random) {
  std::span<const int> messages = system_messages_for(collection, form);
  if (collection == SubCollection::NaturalInstructions && random.chance(kNoTranslator))
    messages = messages.first(messages.size() - 1);
  return messages[random.below(messages.size())];
}

}  // namespace retort
