#include "pool/local_classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/check.h"
#include "base/hash.h"
#include "base/random.h"

namespace retort {
namespace {

// Runs of letters and of digits, in lower case; bytes outside ASCII are letters. Numbers are one word, and
// signs are words too: "=" and "?" say much of a task.
std::vector<std::string> words_of(std::string_view text) {
  enum class Sort { Blank, Letter, Digit, Sign };
  std::vector<std::string> words;
  Sort last = Sort::Blank;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    const bool letter = (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    const Sort sort = letter                 ? Sort::Letter
                      : c >= '0' && c <= '9' ? Sort::Digit
                      : c > ' '              ? Sort::Sign
                                             : Sort::Blank;
    if (sort == Sort::Digit && last != Sort::Digit) words.emplace_back("0");
    if (sort == Sort::Sign) words.emplace_back(1, c);
    if (sort == Sort::Letter && last != Sort::Letter) words.emplace_back();
    if (sort == Sort::Letter) words.back() += c;
    last = sort;
  }
  return words;
}

void softmax(std::vector<float>& scores) {
  const float most = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& score : scores) sum += score = std::exp(score - most);
  for (float& score : scores) score /= sum;
}

}  // namespace

std::vector<uint32_t> LocalClassifier::features(std::string_view text) const {
  const std::vector<std::string> words = words_of(text.substr(0, options_.bytes_max));
  std::set<uint32_t> found;
  const auto add = [&](uint64_t hash) {
    found.insert(static_cast<uint32_t>(hash & static_cast<uint64_t>(options_.buckets - 1)));
  };
  constexpr size_t kPiece = 4;
  for (size_t i = 0; i < words.size(); ++i) {
    const uint64_t word = fnv1a64(words[i]);
    add(mix64(1, word));
    if (i == 0) add(mix64(2, word));  // how a request begins
    if (i + 1 < words.size()) add(mix64(mix64(3, word), fnv1a64(words[i + 1])));
    for (size_t at = 0; words[i].size() > kPiece && at + kPiece <= words[i].size(); ++at)
      add(mix64(4, fnv1a64(std::string_view(words[i]).substr(at, kPiece))));
  }
  return {found.begin(), found.end()};
}

std::vector<float> LocalClassifier::probabilities(const std::vector<uint32_t>& features) const {
  const size_t count = labels_.size();
  std::vector<float> scores(count);
  for (uint32_t feature : features)
    for (size_t l = 0; l < count; ++l) scores[l] += weights_[feature * count + l];
  const float scale = features.empty() ? 1 : 1 / std::sqrt(static_cast<float>(features.size()));
  for (float& score : scores) score *= scale;
  softmax(scores);
  return scores;
}

Result<LocalClassifier> LocalClassifier::train(std::span<const LabelledText> rows,
                                               const LocalClassifierOptions& options) {
  RETORT_CHECK(options.buckets > 0 && (options.buckets & (options.buckets - 1)) == 0, "{} buckets",
               options.buckets);
  LocalClassifier classifier;
  classifier.options_ = options;
  std::map<std::string, size_t> index;
  for (const LabelledText& row : rows) index[row.label] = 0;
  if (index.size() < 2)
    return Error{
        ErrorCode::InvalidArgument,
        format("{} rows with {} labels; a classifier needs two labels or more", rows.size(), index.size())};
  for (auto& [label, at] : index) {
    at = classifier.labels_.size();
    classifier.labels_.push_back(label);
  }
  const size_t count = classifier.labels_.size();
  classifier.weights_.resize(static_cast<size_t>(options.buckets) * count);
  std::vector<float> squares(classifier.weights_.size(), 1e-6F);
  std::vector<std::vector<uint32_t>> features;
  for (const LabelledText& row : rows) features.push_back(classifier.features(row.text));
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    Random(options.seed, "local classifier", static_cast<uint64_t>(epoch)).shuffle(order);
    for (size_t i : order) {
      if (features[i].empty()) continue;
      std::vector<float> error = classifier.probabilities(features[i]);
      error[index[rows[i].label]] -= 1;
      const float scale = 1 / std::sqrt(static_cast<float>(features[i].size()));
      for (uint32_t feature : features[i])
        for (size_t l = 0; l < count; ++l) {
          const float gradient = error[l] * scale;
          const size_t at = feature * count + l;
          squares[at] += gradient * gradient;
          classifier.weights_[at] -= static_cast<float>(options.rate) * gradient / std::sqrt(squares[at]);
        }
    }
  }
  return classifier;
}

LocalClassifier::Guess LocalClassifier::classify(std::string_view text) const {
  const std::vector<float> shares = probabilities(features(text));
  const auto most = std::max_element(shares.begin(), shares.end());
  return {labels_[static_cast<size_t>(most - shares.begin())], *most};
}

std::map<std::string, LabelFigures> label_figures(std::span<const LabelledText> truth,
                                                  std::span<const std::string> guesses) {
  RETORT_CHECK(truth.size() == guesses.size(), "{} rows, {} guesses", truth.size(), guesses.size());
  std::map<std::string, LabelFigures> figures;
  for (size_t i = 0; i < truth.size(); ++i) {
    ++figures[truth[i].label].there;
    if (!guesses[i].empty()) ++figures[guesses[i]].guessed;
    if (guesses[i] == truth[i].label) ++figures[guesses[i]].right;
  }
  return figures;
}

}  // namespace retort
