#include "eval/verify.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string>

#include "base/words.h"

namespace retort {
namespace {

__extension__ using Wide = __int128;

// A longer text is no number that anyone wrote; so nesting is bounded too.
constexpr size_t kNumberBytes = 64;

bool digit(char c) { return c >= '0' && c <= '9'; }

std::optional<ExactNumber> reduced(Wide numerator, Wide denominator) {
  if (denominator == 0) return std::nullopt;
  if (denominator < 0) numerator = -numerator, denominator = -denominator;
  Wide a = numerator < 0 ? -numerator : numerator, b = denominator;
  while (b != 0) std::swap(a %= b, b);
  const Wide divisor = a == 0 ? denominator : a;
  numerator /= divisor;
  denominator /= divisor;
  if (numerator > INT64_MAX || numerator < -Wide(INT64_MAX) || denominator > INT64_MAX) return std::nullopt;
  return ExactNumber{static_cast<int64_t>(numerator), static_cast<int64_t>(denominator)};
}

// Digits with commas between groups of three, perhaps a point and more digits. At most 18 digits in all.
std::optional<ExactNumber> parse_decimal(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  Wide value = 0, scale = 1;
  size_t digits = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] == ',') {
      const bool grouped = i > 0 && (whole.size() - i) % 4 == 0 && (i <= 3 || whole.find(',') <= 3);
      if (!grouped) return std::nullopt;
      continue;
    }
    // Once there is a comma, it must stand wherever one belongs.
    const bool due = whole.find(',') != whole.npos && i > 0 && (whole.size() - i) % 4 == 0;
    if (!digit(whole[i]) || due) return std::nullopt;
    value = value * 10 + (whole[i] - '0');
    ++digits;
  }
  for (char c : text.substr(std::min(point + 1, text.size()))) {
    if (!digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
    scale *= 10;
    ++digits;
  }
  if (digits == 0 || digits > 18 || text.ends_with('.')) return std::nullopt;
  return reduced(value, scale);
}

// The text between a brace that `text` begins with and its partner; what follows is left in `rest`.
std::optional<std::string_view> braced(std::string_view text, std::string_view& rest) {
  if (!text.starts_with('{')) return std::nullopt;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    if (depth > 0) continue;
    rest = text.substr(i + 1);
    return text.substr(1, i - 1);
  }
  return std::nullopt;
}

std::optional<ExactNumber> parse_quotient(std::string_view over, std::string_view under) {
  const auto a = parse_number(over), b = parse_number(under);
  if (!a || !b || b->numerator == 0) return std::nullopt;
  return reduced(Wide(a->numerator) * b->denominator, Wide(a->denominator) * b->numerator);
}

// Where an answer says what its result is.
std::string_view result_place(std::string_view answer) {
  constexpr std::string_view kBoxed = "\\boxed";
  std::string_view rest;
  if (const size_t at = answer.rfind(kBoxed); at != answer.npos)
    return braced(answer.substr(at + kBoxed.size()), rest).value_or(std::string_view());
  std::string lower(answer);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  size_t begin = std::string::npos;
  for (std::string_view sign : {"answer is", "answer:"})
    if (const size_t at = lower.rfind(sign); at != lower.npos)
      begin = begin == std::string::npos ? at + sign.size() : std::max(begin, at + sign.size());
  if (begin != std::string::npos) {
    const std::string_view rest_of_text = answer.substr(begin);
    const std::string_view line = rest_of_text.substr(0, rest_of_text.find('\n'));
    return trim(line).empty() ? rest_of_text : line;
  }
  const std::string_view text = trim_end(answer);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

std::optional<ExactNumber> parse_number(std::string_view text) {
  text = trim(text);
  if (text.size() > kNumberBytes) return std::nullopt;
  if (text.ends_with('.')) text = trim(text.substr(0, text.size() - 1));
  while (text.size() >= 2 && text.starts_with('$') && text.ends_with('$'))
    text = trim(text.substr(1, text.size() - 2));
  if (text.starts_with('$')) text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) {
    const std::string_view rest = text.substr(1);
    if (rest.empty() || rest.front() == '-' || rest.front() == '+') return std::nullopt;
    auto number = parse_number(rest);
    if (number && text.front() == '-') number->numerator = -number->numerator;
    return number;
  }
  if (text.ends_with('%')) {
    text.remove_suffix(1);
    return parse_quotient(text.ends_with('\\') ? text.substr(0, text.size() - 1) : text, "100");
  }
  for (std::string_view name : {"\\frac", "\\dfrac", "\\tfrac"}) {
    std::string_view rest;
    if (!text.starts_with(name)) continue;
    const auto over = braced(text.substr(name.size()), rest);
    const auto under = over ? braced(rest, rest) : std::nullopt;
    return under && rest.empty() ? parse_quotient(*over, *under) : std::nullopt;
  }
  if (const size_t slash = text.find('/'); slash != text.npos) {
    const std::string_view over = text.substr(0, slash), under = text.substr(slash + 1);
    return under.find('/') == under.npos ? parse_quotient(over, under) : std::nullopt;
  }
  return parse_decimal(text);
}

std::optional<ExactNumber> final_number(std::string_view answer) {
  return parse_number(result_place(answer));
}

std::optional<char> final_choice(std::string_view answer) {
  std::string_view place = trim(result_place(answer));
  const bool opened = place.starts_with('(') || place.starts_with('[');
  if (opened) place.remove_prefix(1);
  if (place.empty() || place[0] < 'A' || place[0] > 'J') return std::nullopt;
  const char after = place.size() == 1 ? '\0' : place[1];
  const bool closed = after == ')' || after == ']';
  if (opened ? closed : closed || after == '.' || after == ':' || after == '\0') return place[0];
  return std::nullopt;
}

}  // namespace retort
