#include "serve/html.h"

#include "base/test.h"
#include "base/utf8.h"
#include "serve/hostile_texts.h"

namespace retort {
namespace {

TEST_CASE("plain text stays as it is") {
  CHECK(escape_html("Größe: 3 → 4, 你好 🙂\n\tnext") == "Größe: 3 → 4, 你好 🙂\n\tnext");
}

TEST_CASE("the five characters of HTML become entities") {
  CHECK(escape_html("<a href=\"x\" id='y'>&amp;") == "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
}

TEST_CASE("no hostile text keeps a character that HTML or an attribute could take for markup") {
  for (const std::string& hostile : hostile_texts()) {
    std::string safe = escape_html(hostile);
    CAPTURE(safe);
    CHECK(safe.find_first_of("<>\"'") == std::string::npos);
    CHECK(valid_utf8(safe));
    for (size_t at = safe.find('&'); at != std::string::npos; at = safe.find('&', at + 1)) {
      std::string rest = safe.substr(at, 6);
      bool is_ours = rest.starts_with("&amp;") || rest.starts_with("&lt;") || rest.starts_with("&gt;") ||
                     rest.starts_with("&quot;") || rest.starts_with("&#39;");
      CHECK(is_ours);
    }
  }
}

TEST_CASE("invisible and reordering characters are spelt out") {
  CHECK(escape_html("a\xE2\x80\xAE"
                    "b") == "a\\u202eb");
  CHECK(escape_html(std::string("a\0b\x1b", 4)) == "a\\u0000b\\u001b");
  CHECK(escape_html("\xEF\xBB\xBFx") == "\\ufeffx");
  CHECK(escape_html("\xF3\xA0\x81\x81") == "\\ue0041");
}

TEST_CASE("ill-formed bytes become the replacement character") {
  CHECK(escape_html("a\xFF") == "a\xEF\xBF\xBD");
}

TEST_CASE("every string argument is escaped, numbers and markup are not") {
  Html cell;
  cell.write("<td>{}</td>", "<b>");
  Html row;
  row.write("<tr title=\"{}\" data-n=\"{}\">{}{:.1f}</tr>", std::string("\"x\""), 7, cell, 0.25);
  CHECK(row.str() == "<tr title=\"&quot;x&quot;\" data-n=\"7\"><td>&lt;b&gt;</td>0.2</tr>");
}

TEST_CASE("a text with braces is a text, not a format") {
  CHECK(Html().write("<p>{}</p>", "{} {0} {:x}").str() == "<p>{} {0} {:x}</p>");
}

}  // namespace
}  // namespace retort
