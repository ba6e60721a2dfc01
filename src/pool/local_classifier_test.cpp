// The local classifier: what it learns, that it is a function of rows and seed, and how it is judged.
#include "pool/local_classifier.h"

#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

// Three tasks in words of their own among words of all.
std::vector<LabelledText> rows_of(uint64_t seed, int count) {
  const std::vector<std::string> verbs[] = {
      {"add", "subtract", "multiply"}, {"translate", "spell", "pronounce"}, {"paint", "sing", "compose"}};
  const char* labels[] = {"Math", "Grammar", "Art"};
  Random random(seed, "rows");
  std::vector<LabelledText> rows;
  for (int i = 0; i < count; ++i) {
    const size_t task = random.below(3);
    rows.push_back({format("Please {} the thing number {} for me, and be quick about it {}.",
                           random.pick(verbs[task]), random.below(1'000), random.below(9)),
                    labels[task]});
  }
  return rows;
}

}  // namespace

TEST_CASE("it learns the words that tell tasks apart, and is sure of them") {
  const auto classifier = LocalClassifier::train(rows_of(1, 200));
  REQUIRE(classifier);
  for (const LabelledText& row : rows_of(2, 100)) {
    const auto guess = classifier->classify(row.text);
    CHECK(guess.label == row.label);
    CHECK(guess.confidence > 0.6);
  }
}

TEST_CASE("the same rows and seed give the same classifier, and a text of nothing a guess") {
  const auto a = LocalClassifier::train(rows_of(1, 60)), b = LocalClassifier::train(rows_of(1, 60));
  REQUIRE(a);
  REQUIRE(b);
  for (const LabelledText& row : rows_of(3, 40))
    CHECK(a->classify(row.text).confidence == b->classify(row.text).confidence);
  CHECK(a->classify("").confidence == doctest::Approx(1.0 / 3));
}

TEST_CASE("one label or none cannot be learnt") {
  CHECK_FALSE(LocalClassifier::train({}));
  CHECK_FALSE(LocalClassifier::train(std::vector<LabelledText>{{"a", "x"}, {"b", "x"}}));
}

TEST_CASE("precision and recall count what was guessed and what was there") {
  const std::vector<LabelledText> truth = {{"", "a"}, {"", "a"}, {"", "b"}, {"", "c"}};
  const std::vector<std::string> guesses = {"a", "b", "b", ""};
  const auto figures = label_figures(truth, guesses);
  CHECK(figures.at("a").precision() == 1);
  CHECK(figures.at("a").recall() == 0.5);
  CHECK(figures.at("b").precision() == 0.5);
  CHECK(figures.at("c").recall() == 0);
  CHECK(figures.at("c").guessed == 0);
}

}  // namespace retort
