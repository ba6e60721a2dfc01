#include "pool/unicode_words.h"

#include "base/random.h"
#include "base/test.h"
#include "pool/rouge.h"

namespace retort {
namespace {

using Strings = std::vector<std::string>;

TEST_CASE("words of scripts with spaces are runs of letters, digits and marks, in lower case") {
  CHECK(unicode_words("Привет, МИР-2!") == Strings{"привет", "мир", "2"});
  CHECK(unicode_words("Γειά σου Κόσμε") == unicode_words("ΓΕΙΆ ΣΟΥ ΚΌΣΜΕ"));
  CHECK(unicode_words("مرحبا بالعالم") == Strings{"مرحبا", "بالعالم"});
  CHECK(unicode_words("नमस्ते दुनिया").size() == 2);
}

TEST_CASE("scripts without spaces give one token a character, marks with it") {
  CHECK(unicode_words("你好，世界") == Strings{"你", "好", "世", "界"});
  CHECK(unicode_words("GPT和你3x") == Strings{"gpt", "和", "你", "3x"});
  CHECK(unicode_words("ひらカナ").size() == 4);
  CHECK(unicode_words("ที่ไป") == Strings{"ที่", "ไ", "ป"});
}

TEST_CASE("the same character in another form is the same token") {
  CHECK(unicode_words("caf\u00E9") == unicode_words("cafe\u0301"));
  CHECK(unicode_words("caf\u00E9") != unicode_words("cafe"));
  CHECK(unicode_words("ＡＢＣ１２") == Strings{"abc12"});
  CHECK(unicode_words("Straße") == unicode_words("STRASSE"));
  CHECK(unicode_words("ﬁn") == Strings{"fin"});
  CHECK(unicode_words("각") == unicode_words("\u1100\u1161\u11A8"));
  CHECK(unicode_words("가") == unicode_words("\u1100\u1161"));
  CHECK(unicode_words("ｶﾞ") == unicode_words("ガ"));
}

TEST_CASE("marks count in any order, and alone they are nothing") {
  CHECK(unicode_words("a\u0323\u0302") == unicode_words("a\u0302\u0323"));
  CHECK(unicode_words("\u0301 \u0301").empty());
}

TEST_CASE("joiners and soft hyphens do not divide, a zero width space does") {
  CHECK(unicode_words("co\u00ADop\u200Der\uFE0Fate") == Strings{"cooperate"});
  CHECK(unicode_words("a\u200Bb") == Strings{"a", "b"});
}

TEST_CASE("symbols and ill-formed bytes separate") {
  CHECK(unicode_words("a\U0001F600b\u33A5c") == Strings{"a", "b", "c"});
  CHECK(unicode_words("a\xFF"
                      "b\xE2\x84"
                      "c") == Strings{"a", "b", "c"});
  CHECK(unicode_words("").empty());
}

TEST_CASE("on ASCII text the words are rouge_score's tokens") {
  Random random(5, "ascii");
  for (int i = 0; i < 2'000; ++i) {
    std::string text(random.below(40), ' ');
    for (char& c : text) c = static_cast<char>(random.below(128));
    REQUIRE(unicode_words(text) == rouge_tokens(text));
  }
}

}  // namespace
}  // namespace retort
