#include "tokenizer/jinja_lexer.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/utf8.h"
#include "tokenizer/jinja_value.h"

namespace retort::jinja {
namespace {

using Kind = Token::Kind;

constexpr std::string_view kSpaces = " \t\n\r\f\v";

bool is_space(char c) { return kSpaces.find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) {
    for (size_t i = 0; i < source.size(); ++i) {  // every line ends with \n
      if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
      source_ += source[i] == '\r' ? '\n' : source[i];
    }
    if (source_.ends_with('\n')) source_.pop_back();
  }

  std::vector<Token> read() {
    while (at_ < source_.size()) {
      size_t tag = std::min({source_.find("{{", at_), source_.find("{%", at_), source_.find("{#", at_)});
      data(tag == std::string::npos ? source_.size() : tag);
      if (tag == std::string::npos) break;
      char kind = source_[tag + 1];
      advance(2);
      bool signed_ = at_ < source_.size() && (source_[at_] == '-' || source_[at_] == '+');
      // "{{+" is no sign but the start of an expression "+x"; templates have no use for it.
      if (signed_) advance(1);
      if (kind == '#')
        comment();
      else if (kind == '{')
        output();
      else
        block();
    }
    add(Kind::End, "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Failure{format("line {}: {}", line_, what)}; }
  void add(Kind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }
  bool next_is(std::string_view text) const {
    return std::string_view(source_).substr(at_).starts_with(text);
  }
  void advance(size_t count) {
    for (size_t end = std::min(at_ + count, source_.size()); at_ < end; ++at_) line_ += source_[at_] == '\n';
  }

  // Text up to a tag (or the end), less what the tag strips before itself.
  void data(size_t end) {
    std::string text = source_.substr(at_, end - at_);
    bool output = end < source_.size() && source_[end + 1] == '{';
    char sign = end + 2 < source_.size() ? source_[end + 2] : ' ';
    if (end < source_.size() && sign == '-') {
      text.erase(text.find_last_not_of(kSpaces) + 1);
    } else if (end < source_.size() && sign != '+' && !output) {
      size_t line_start = text.rfind('\n') + 1;
      bool blank = text.find_first_not_of(kSpaces, line_start) == std::string::npos;
      if ((line_start > 0 || at_line_start_) && blank) text.erase(line_start);
    }
    if (!text.empty()) add(Kind::Data, text);
    advance(end - at_);
  }

  // The end of a tag: "-" strips all white space behind it; a block takes one new line with it.
  void close(std::string_view end) {
    bool strips = next_is("-"), keeps = next_is("+");
    advance((strips || keeps) + end.size());
    if (strips)
      while (at_ < source_.size() && is_space(source_[at_])) advance(1);
    else if (!keeps && end != "}}" && next_is("\n"))
      advance(1);
    at_line_start_ = at_ > 0 && source_[at_ - 1] == '\n';
  }
  bool at_end(std::string_view end) const {
    return next_is(end) ||
           ((next_is("-") || next_is("+")) &&
            std::string_view(source_).substr(std::min(at_ + 1, source_.size())).starts_with(end));
  }

  void comment() {
    size_t end = source_.find("#}", at_);
    if (end == std::string::npos) fail("a comment has no end");
    if (end > at_ && (source_[end - 1] == '-' || source_[end - 1] == '+')) --end;
    advance(end - at_);
    close("#}");
  }
  void output() {
    add(Kind::OpenOutput, "");
    expression("}}");
    add(Kind::CloseOutput, "");
  }
  void block() {
    size_t first = tokens_.size();
    add(Kind::OpenBlock, "");
    expression("%}");
    add(Kind::CloseBlock, "");
    if (tokens_.size() == first + 3 && tokens_[first + 1].text == "raw") raw(first);
  }
  void raw(size_t first) {
    tokens_.resize(first);
    for (size_t from = at_;; from += 2) {
      from = source_.find("{%", from);
      if (from == std::string::npos) fail("{% raw %} has no end");
      size_t word = source_.find_first_not_of(" \t\n-+", from + 2);
      if (word == std::string::npos || !std::string_view(source_).substr(word).starts_with("endraw"))
        continue;
      data(from);
      size_t end = source_.find("%}", word);
      if (end == std::string::npos) fail("{% endraw has no end");
      if (source_[end - 1] == '-') --end;
      advance(end - at_);
      return close("%}");
    }
  }

  // Tokens up to the end of the tag; an end within brackets is none.
  void expression(std::string_view end) {
    int depth = 0;
    while (true) {
      while (at_ < source_.size() && is_space(source_[at_])) advance(1);
      if (at_ >= source_.size()) fail("a tag has no end");
      if (depth == 0 && at_end(end)) return close(end);
      char c = source_[at_];
      if (c == '"' || c == '\'')
        string(c);
      else if (is_digit(c))
        number();
      else if (starts_name(c))
        name();
      else
        sign(depth);
    }
  }
  void name() {
    size_t end = at_;
    while (end < source_.size() && (starts_name(source_[end]) || is_digit(source_[end]))) ++end;
    add(Kind::Name, source_.substr(at_, end - at_));
    advance(end - at_);
  }
  void number() {
    size_t end = at_;
    auto digits = [&] {
      while (end < source_.size() && (is_digit(source_[end]) || source_[end] == '_')) ++end;
    };
    digits();
    bool fraction = end + 1 < source_.size() && source_[end] == '.' && is_digit(source_[end + 1]);
    if (fraction) ++end, digits();
    std::string text = source_.substr(at_, end - at_);
    std::erase(text, '_');
    add(fraction ? Kind::Float : Kind::Integer, text);
    advance(end - at_);
  }
  void sign(int& depth) {
    for (std::string_view two : {"==", "!=", "<=", ">=", "//", "**"})
      if (next_is(two)) {
        add(Kind::Sign, std::string(two));
        return advance(2);
      }
    char c = source_[at_];
    if (std::string_view("+-*/%~<>=()[]{}.,:|").find(c) == std::string_view::npos)
      fail(format("'{}' means nothing here", terminal_safe(std::string_view(&c, 1))));
    depth += c == '(' || c == '[' || c == '{';
    depth -= c == ')' || c == ']' || c == '}';
    add(Kind::Sign, std::string(1, c));
    advance(1);
  }

  void string(char quote) {
    std::string text;
    int line = line_;
    for (advance(1);; advance(1)) {
      if (at_ >= source_.size()) fail("a text has no closing quote");
      char c = source_[at_];
      if (c == quote) break;
      if (c == '\\')
        escape(text);
      else
        text += c;
    }
    advance(1);
    tokens_.push_back({Kind::String, std::move(text), line});
  }
  // Leaves at the escape's last character.
  void escape(std::string& text) {
    advance(1);
    if (at_ >= source_.size()) fail("a text has no closing quote");
    constexpr std::string_view kNames = "ntrbfav\\'\"0", kMeanings("\n\t\r\b\f\a\v\\'\"\0", 11);
    char c = source_[at_];
    size_t known = kNames.find(c);
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (known != std::string_view::npos) {
      text += kMeanings[known];
    } else if (digits > 0 && at_ + digits < source_.size()) {
      uint32_t code = 0;
      const char* from = source_.data() + at_ + 1;
      auto [end, error] = std::from_chars(from, from + digits, code, 16);
      bool valid =
          error == std::errc() && end == from + digits && code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
      if (!valid) fail("an escape in a text names no character");
      utf8_append(code, text);
      advance(digits);
    } else if (c != '\n') {
      (text += '\\') += c;
    }
  }

  std::string source_;
  size_t at_ = 0;
  int line_ = 1;
  bool at_line_start_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> read_tokens(std::string_view source) { return Lexer(source).read(); }

}  // namespace retort::jinja
