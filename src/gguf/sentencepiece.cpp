#include <algorithm>
#include <cmath>

#include "gguf/header.h"
#include "gguf/sentencepiece.h"

namespace retort {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // SentencePiece's mark for a space

// SentencePiece joins the pair whose whole scores best: as merges, every split of every token, best token
// first.
Result<void> merges_of_scores(const GgufMetadata& metadata, const GgufVocabulary& vocabulary,
                              TokenizerText& out) {
  constexpr std::string_view kScores = "tokenizer.ggml.scores";
  const GgufValue::Numbers* scores = RETORT_TRY(metadata.numbers(kScores));
  if (scores == nullptr || scores->size() != vocabulary.tokens->size())
    return bad_gguf_value(kScores, "not as long as the list of tokens");
  for (double score : *scores)
    if (!std::isfinite(score)) return bad_gguf_value(kScores, format("made of {}", score));
  std::vector<size_t> order;
  for (size_t id = 0; id < scores->size(); ++id)
    if (vocabulary.types[id] == GgufTokenType::Normal || vocabulary.types[id] == GgufTokenType::UserDefined)
      order.push_back(id);  // Gemma's runs of spaces are of the second kind, and joined as the first
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return (*scores)[a] > (*scores)[b]; });
  for (size_t id : order) {
    std::string_view token = (*vocabulary.tokens)[id];
    if (token.size() > 256) continue;  // no writer makes such, and every split of it would be tried
    std::vector<std::pair<size_t, size_t>> splits;
    for (size_t at = 1; at < token.size(); ++at) {
      auto left = vocabulary.ids.find(token.substr(0, at)), right = vocabulary.ids.find(token.substr(at));
      if (left != vocabulary.ids.end() && right != vocabulary.ids.end())
        splits.emplace_back(left->second, right->second);
    }
    std::stable_sort(splits.begin(), splits.end(), [&](const auto& a, const auto& b) {
      return std::pair((*scores)[a.first], (*scores)[a.second]) >
             std::pair((*scores)[b.first], (*scores)[b.second]);
    });
    if (out.merges.size() + splits.size() > kGgufItemsMax)
      return bad_gguf_value(kScores, "the source of more merges than any tokenizer has");
    for (auto [left, right] : splits)
      out.merges.emplace_back((*vocabulary.tokens)[left], (*vocabulary.tokens)[right]);
  }
  return {};
}

}  // namespace

Result<void> set_sentencepiece(const GgufMetadata& metadata, const GgufVocabulary& vocabulary,
                               TokenizerText& out) {
  auto replace = [](std::string_view from, std::string_view to) {
    return Json::object()
        .set("type", "Replace")
        .set("pattern", Json::object().set("String", from))
        .set("content", to);
  };
  bool prefix = RETORT_TRY(metadata.bool_or("tokenizer.ggml.add_space_prefix", true));
  Json steps = Json::array();
  if (prefix) steps.push(Json::object().set("type", "Prepend").set("prepend", kSpace));
  steps.push(replace(" ", kSpace));
  out.normalizer = Json::object().set("type", "Sequence").set("normalizers", std::move(steps));
  Json decoders = Json::array().push(replace(kSpace, " "));
  decoders.push(Json::object().set("type", "ByteFallback")).push(Json::object().set("type", "Fuse"));
  if (prefix)
    decoders.push(Json::object().set("type", "Strip").set("content", " ").set("start", 1).set("stop", 0));
  out.decoder = Json::object().set("type", "Sequence").set("decoders", std::move(decoders));
  Json unknown;
  for (size_t id = 0; id < vocabulary.types.size(); ++id)
    if (vocabulary.types[id] == GgufTokenType::Unknown) unknown = (*vocabulary.tokens)[id];
  out.model.set("type", "BPE").set("dropout", nullptr).set("unk_token", unknown);
  out.model.set("continuing_subword_prefix", nullptr).set("end_of_word_suffix", nullptr);
  out.model.set("fuse_unk", true).set("byte_fallback", true).set("ignore_merges", false);
  return merges_of_scores(metadata, vocabulary, out);
}

}  // namespace retort
