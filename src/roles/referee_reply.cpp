// parse_referee_reply of referee.h: line by line, so that a reply of any length costs linear time.
#include <charconv>
#include <cmath>

#include "base/words.h"
#include "roles/referee.h"

namespace retort {
namespace {

constexpr std::string_view kEmphasis = " \t*_`";

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Reads one line from the left; every step takes what it names off the front or leaves the line as it is.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}
  std::string_view rest() const { return rest_; }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
  }
  // Any case; `word` is lower-case.
  bool take(std::string_view word) {
    if (rest_.size() < word.size()) return false;
    for (size_t i = 0; i < word.size(); ++i)
      if ((letter(rest_[i]) ? static_cast<char>(rest_[i] | 0x20) : rest_[i]) != word[i]) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  // "2." or "2)".
  void skip_list_number() {
    size_t end = 0;
    while (end < rest_.size() && digit(rest_[end])) ++end;
    if (end > 0 && end < rest_.size() && (rest_[end] == '.' || rest_[end] == ')'))
      rest_.remove_prefix(end + 1);
  }
  void skip_parenthesis() {
    size_t end = front() == '(' ? rest_.find(')') : std::string_view::npos;
    if (end != std::string_view::npos) rest_.remove_prefix(end + 1);
  }

 private:
  std::string_view rest_;
};

// 'a' or 'b' when the line is "Score of answer A: ..." under its decoration, with `line` left after the
// colon; else '\0'. A line quoted with ">" is somebody else's.
char take_label(Line& line) {
  line.skip("#*_`-+ \t");
  line.skip_list_number();
  line.skip(kEmphasis);
  if (!line.take("score")) return '\0';
  line.skip(kEmphasis);
  if (!line.take("of") && !line.take("for")) return '\0';
  line.skip(kEmphasis);
  if (line.take("the")) line.skip(kEmphasis);
  if (!line.take("answer")) return '\0';
  line.skip(kEmphasis);
  char side = line.take("a") ? 'a' : line.take("b") ? 'b' : '\0';
  line.skip(kEmphasis);
  line.skip_parenthesis();  // "(1-10)"
  line.skip(kEmphasis);
  return side != '\0' && (line.take(":") || line.take("=") || line.take("：")) ? side : '\0';
}

// What follows a number and does not change it: nothing, "/10", "out of 10", "points", and then a remark
// without digits. After a bare number only punctuation opens the remark: "8 and a half" is not 8.
bool closes_score(Line line) {
  if (letter(line.front()) || static_cast<unsigned char>(line.front()) >= 0x80)
    return false;  // 1e3, 8th, 1０
  line.skip(kEmphasis);
  bool whole = false;  // the scale or the unit has been named, so words may follow
  if (line.take("/") || line.take("out of") || line.take("(out of")) {
    line.skip(kEmphasis);
    if (!line.take("10")) return false;
    whole = true;
  } else if (line.take("point")) {
    line.take("s");
    whole = true;
  }
  line.skip(kEmphasis);
  if (line.rest().find_first_of("0123456789") != std::string_view::npos) return false;
  constexpr std::string_view kRemarkStarts = ".,:;!-()]>|\"'";
  return line.rest().empty() || (whole && letter(line.front())) ||
         kRemarkStarts.find(line.front()) != std::string_view::npos || line.take("–") || line.take("—");
}

Error unparsable(std::string_view reason) { return {ErrorCode::Unparsable, std::string(reason)}; }

Result<double> parse_score(Line line) {
  line.skip("*_`([< \t");
  std::string_view text = line.rest();
  size_t end = text.starts_with('-') || text.starts_with('+') ? 1 : 0, begin = end;
  while (end < text.size() && digit(text[end])) ++end;
  if (end == begin) return unparsable("a score is no number");
  if (end + 1 < text.size() && text[end] == '.' && digit(text[end + 1]))
    for (++end; end < text.size() && digit(text[end]);) ++end;
  if (!closes_score(Line(text.substr(end)))) return unparsable("a score is no number");
  double score = 0;
  auto read = std::from_chars(text.data() + begin, text.data() + end, score);
  bool in_range = read.ec == std::errc{} && !text.starts_with('-') && score >= 1 && score <= 10;
  if (!in_range) return unparsable("a score is out of range");
  return score;
}

}  // namespace

Result<RefereeScores> parse_referee_reply(std::string_view text) {
  std::optional<double> scores[2];
  while (!text.empty()) {
    size_t end = std::min(text.find_first_of("\r\n"), text.size());
    Line line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    char side = take_label(line);
    if (side == '\0') continue;
    double score = RETORT_TRY(parse_score(line));
    std::optional<double>& known = scores[side - 'a'];
    if (known && *known != score) return unparsable("an answer is scored twice");
    known = score;
  }
  if (!scores[0] && !scores[1]) return unparsable("no score lines");
  if (!scores[0] || !scores[1]) return unparsable("only one answer is scored");
  return RefereeScores{*scores[0], *scores[1]};
}

}  // namespace retort
