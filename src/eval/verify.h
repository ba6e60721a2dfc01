// Mechanical verifiers: whether two answers end in the same number, and which option an answer chooses.
// Strict: what cannot be read is nothing, and nothing equals nothing. Exact: numbers are fractions of whole
// numbers, never floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace retort {

// A fraction in lowest terms, denominator >= 1.
struct ExactNumber {
  int64_t numerator = 0, denominator = 1;
  bool operator==(const ExactNumber&) const = default;
};

// One number and nothing else, white space, "$", a closing full stop and a leading "+" aside: "-5", "3.14",
// "1,234", "1/2", "\frac{1}{2}", "50%" (a half). Nothing for anything else, a
// zero denominator, or what does not fit in 64 bits.
std::optional<ExactNumber> parse_number(std::string_view text);

// The number that an answer ends in: what its last \boxed{...} holds, where there is one; else what follows
// the last "answer is" or "answer:" on that line; else its last line. Nothing when that place holds no single
// number.
std::optional<ExactNumber> final_number(std::string_view answer);

// The option that an answer chooses, 'A' to 'J': in its last \boxed{...}, after its last "answer is" or
// "answer:", or in its last line, standing alone as "B", "(B)", "B)" or "B." and perhaps followed by its
// text. Nothing when that place begins with no such mark.
std::optional<char> final_choice(std::string_view answer);

}  // namespace retort
