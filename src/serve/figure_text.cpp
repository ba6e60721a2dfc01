#include "serve/figure_text.h"

#include "base/format.h"

namespace retort {

std::string decimal(double value, int places) {
  std::string text = format("{:.{}f}", value, places);
  bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text[0] == '-' ? text.substr(1) : text;
}

std::string thousands(int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count), out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return (count < 0 ? "-" : "") + out;
}

}  // namespace retort
