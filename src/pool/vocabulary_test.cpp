#include "pool/vocabulary.h"

#include "base/test.h"

namespace retort {
namespace {

using Ids = std::vector<uint32_t>;

TEST_CASE("tokens get ids from 1 on, in order of first appearance") {
  Vocabulary vocabulary;
  CHECK(vocabulary.ids("b a b") == Ids{1, 2, 1});
  CHECK(vocabulary.ids("c a") == Ids{3, 2});
  CHECK(vocabulary.id_count() == 4);
}

TEST_CASE("looking up teaches nothing") {
  Vocabulary vocabulary;
  vocabulary.ids("a b");
  CHECK(vocabulary.known_ids("x b x a") == Ids{kNoToken, 2, kNoToken, 1});
  CHECK(vocabulary.id_count() == 3);
}

TEST_CASE("the rule says what a token is") {
  Vocabulary rouge(token_rule("rouge")), unicode(token_rule("unicode"));
  CHECK(rouge.ids("Caf\u00E9 \u4F60\u597D") == Ids{1});
  CHECK(unicode.ids("Caf\u00E9 \u4F60\u597D") == Ids{1, 2, 3});
}

}  // namespace
}  // namespace retort
