// HTML that untrusted text cannot break: markup is a literal of our own, checked by the compiler, and every
// string that is put into it is escaped by the one function below. There is no way to add a run-time string
// as markup.
//
//   Html page;
//   page.write("<td title=\"{}\">{}</td>", instruction.text, 12);
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "base/format.h"

namespace retort {

// Safe between tags and inside quoted attributes: the five characters become entities, ill-formed UTF-8
// becomes U+FFFD, control characters and those that reorder or hide text (bidirectional overrides,
// zero-width ones) become visible as "\u202e"; new lines and tabs stay.
std::string escape_html(std::string_view untrusted);

// What needs no escape. A char does: it is text.
template <class T>
concept HtmlNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, char> && !std::is_same_v<T, bool>;

class Html {
 public:
  // Arguments: numbers as they are, Html as markup, everything else as escaped text.
  template <class... Args>
  Html& write(fmt::format_string<std::conditional_t<HtmlNumber<Args>, Args, std::string>...> markup,
              const Args&... args) {
    text_ += fmt::format(fmt::runtime(fmt::string_view(markup)), safe(args)...);  // checked above
    return *this;
  }
  Html& write(const Html& part) {
    text_ += part.text_;
    return *this;
  }
  // A literal as it is, braces and all: style sheets.
  template <size_t N>
  Html& literal(const char (&markup)[N]) {
    text_.append(markup, N - 1);
    return *this;
  }
  const std::string& str() const { return text_; }

 private:
  static auto safe(HtmlNumber auto number) { return number; }
  static std::string safe(const Html& part) { return part.text_; }
  static std::string safe(std::string_view untrusted) { return escape_html(untrusted); }

  std::string text_;
};

}  // namespace retort
