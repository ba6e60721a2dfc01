#include "base/words.h"

#include "base/test.h"

namespace retort {
namespace {

TEST_CASE("words are what white space of any script divides") {
  CHECK(word_count("") == 0);
  CHECK(word_count(" \n\t") == 0);
  CHECK(word_count(" two  words\r\n") == 2);
  CHECK(word_count("no\u00A0break\u3000space\u2003here") == 4);
  CHECK(word_count("zero\u200Bwidth") == 1);  // no white space to Python either
  CHECK(word_count("\xFF \x80\x80") == 2);
}

TEST_CASE("trimming takes white space off both ends and nothing else") {
  CHECK(trim("") == "");
  CHECK(trim(" \u3000\u00A0 ") == "");
  CHECK(trim("\u2028 a b \u3000\n") == "a b");
  CHECK(trim("\x80 a \x80") == "\x80 a \x80");
  CHECK(trim("\u00E9\x85") == "\u00E9\x85");  // a stray byte is no NEXT LINE
  CHECK(trim_end(" a\u0085") == " a");
}

}  // namespace
}  // namespace retort
