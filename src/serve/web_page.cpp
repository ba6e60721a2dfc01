#include "serve/web_page.h"

#include "base/hash.h"

namespace retort {

std::string csp_hash(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string hex = sha256_hex(text);
  std::string out = "'sha256-";
  // 256 bits from their hex digits, six at a time: 43 digits and one "=".
  uint32_t bits = 0;
  int held = 0;
  for (char c : hex) {
    bits = (bits << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10)) & 0xFFFFu;
    held += 4;
    if (held < 6) continue;
    held -= 6;
    out += kDigits[bits >> held & 63u];
  }
  out += kDigits[bits << (6 - held) & 63u];
  return out + "='";
}

}  // namespace retort
