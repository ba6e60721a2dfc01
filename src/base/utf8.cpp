#include "base/utf8.h"

#include "base/check.h"

namespace retort {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view bytes, size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
}

bool continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

}  // namespace

int utf8_length(std::string_view bytes) {
  if (bytes.empty()) return 0;
  unsigned char b0 = byte_at(bytes, 0), b1 = byte_at(bytes, 1);
  if (b0 < 0x80) return 1;
  if (b0 >= 0xC2 && b0 <= 0xDF) return continuation(b1) ? 2 : 0;
  if (b0 >= 0xE0 && b0 <= 0xEF) {
    bool second = continuation(b1) && !(b0 == 0xE0 && b1 < 0xA0) && !(b0 == 0xED && b1 > 0x9F);
    return second && continuation(byte_at(bytes, 2)) ? 3 : 0;
  }
  if (b0 >= 0xF0 && b0 <= 0xF4) {
    bool second = continuation(b1) && !(b0 == 0xF0 && b1 < 0x90) && !(b0 == 0xF4 && b1 > 0x8F);
    return second && continuation(byte_at(bytes, 2)) && continuation(byte_at(bytes, 3)) ? 4 : 0;
  }
  return 0;
}

uint32_t utf8_decode(std::string_view bytes) {
  auto low6 = [&](size_t i) { return static_cast<uint32_t>(byte_at(bytes, i) & 0x3F); };
  uint32_t b0 = byte_at(bytes, 0);
  switch (utf8_length(bytes)) {
    case 1:
      return b0;
    case 2:
      return (b0 & 0x1F) << 6 | low6(1);
    case 3:
      return (b0 & 0x0F) << 12 | low6(1) << 6 | low6(2);
    case 4:
      return (b0 & 0x07) << 18 | low6(1) << 12 | low6(2) << 6 | low6(3);
  }
  RETORT_CHECK(false, "utf8_decode of ill-formed bytes");
  return 0;
}

void utf8_append(uint32_t c, std::string& out) {
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

bool valid_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    int length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(static_cast<size_t>(length));
  }
  return true;
}

size_t ill_formed_length(std::string_view bytes) {
  unsigned char b0 = byte_at(bytes, 0), b1 = byte_at(bytes, 1);
  bool second = continuation(b1) && !(b0 == 0xE0 && b1 < 0xA0) && !(b0 == 0xED && b1 > 0x9F) &&
                !(b0 == 0xF0 && b1 < 0x90) && !(b0 == 0xF4 && b1 > 0x8F);
  if (b0 < 0xE0 || b0 > 0xF4 || !second) return 1;
  return b0 >= 0xF0 && continuation(byte_at(bytes, 2)) ? 3 : 2;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    size_t length = static_cast<size_t>(utf8_length(bytes));
    out += length > 0 ? bytes.substr(0, length) : kReplacement;
    bytes.remove_prefix(length > 0 ? length : ill_formed_length(bytes));
  }
  return out;
}

std::string terminal_safe(std::string_view text, size_t width_max) {
  std::string clean = replace_invalid_utf8(text), out;
  std::string_view rest = clean;
  for (size_t width = 0; !rest.empty(); ++width) {
    if (width == width_max) return out + "…";
    int length = utf8_length(rest);
    uint32_t c = utf8_decode(rest);
    bool bidi = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      out += format("\\x{:02x}", c);
    } else if (bidi) {
      out += format("\\u{:04x}", c);
    } else {
      out += rest.substr(0, static_cast<size_t>(length));
    }
    rest.remove_prefix(static_cast<size_t>(length));
  }
  return out;
}

}  // namespace retort
