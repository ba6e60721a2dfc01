// A small local classifier of texts: softmax regression over hashed words, pairs of words and pieces of
// words, trained on rows that have a label (an LLM's, or people's). It learns thousands of rows in seconds
// and is a function of rows and seed alone. For TAPIR's tasks it takes the place of a fine-tuned encoder
// (arXiv 2405.13448); what it is worth, precision and recall per label say.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace retort {

struct LabelledText {
  std::string text, label;
};

struct LocalClassifierOptions {
  int64_t buckets = int64_t{1} << 18;  // of the hash; a power of two
  int epochs = 8;
  double rate = 0.5;  // AdaGrad's
  uint64_t seed = 1;
  size_t bytes_max = 4'096;  // of a text that are looked at
};

class LocalClassifier {
 public:
  // InvalidArgument for fewer than two labels.
  static Result<LocalClassifier> train(std::span<const LabelledText> rows,
                                       const LocalClassifierOptions& options = {});
  struct Guess {
    std::string_view label;  // lives as long as the classifier
    double confidence = 0;   // its probability, 0 to 1
  };
  Guess classify(std::string_view text) const;
  const std::vector<std::string>& labels() const { return labels_; }

 private:
  std::vector<uint32_t> features(std::string_view text) const;
  std::vector<float> probabilities(const std::vector<uint32_t>& features) const;

  LocalClassifierOptions options_;
  std::vector<std::string> labels_;  // in order of name
  std::vector<float> weights_;       // by bucket, then label
};

// How a classifier's labels stand to the true ones.
struct LabelFigures {
  int64_t right = 0, guessed = 0, there = 0;
  double precision() const {
    return guessed == 0 ? 0 : static_cast<double>(right) / static_cast<double>(guessed);
  }
  double recall() const { return there == 0 ? 0 : static_cast<double>(right) / static_cast<double>(there); }
};
std::map<std::string, LabelFigures> label_figures(std::span<const LabelledText> truth,
                                                  std::span<const std::string> guesses);

}  // namespace retort
