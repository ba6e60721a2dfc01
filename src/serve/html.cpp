// Escaping.
#include "serve/html.h"

#include "base/utf8.h"

namespace retort {
namespace {

// Characters that show nothing but change how the text around them reads: C0 and C1 controls, soft hyphen,
// zero-width characters, bidirectional marks, overrides and isolates, line separators, tags, and the byte
// order mark.
bool hides_or_reorders(uint32_t c) {
  if (c == '\n' || c == '\t') return false;
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

}  // namespace

std::string escape_html(std::string_view untrusted) {
  std::string valid = replace_invalid_utf8(untrusted), out;
  out.reserve(valid.size() + valid.size() / 8);
  for (std::string_view rest = valid; !rest.empty();) {
    size_t length = static_cast<size_t>(utf8_length(rest));
    uint32_t c = utf8_decode(rest);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (hides_or_reorders(c))
          out += format("\\u{:04x}", c);
        else
          out += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  return out;
}

}  // namespace retort
