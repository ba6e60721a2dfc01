// `retort data classify FILE --from LABELLED`: kinds for rows from a small local classifier that is trained
// on rows which have one (an LLM's labels, exported from a run, or people's). Precision and recall per label
// are measured on a part of those that it is not trained on, and told on standard error.
#include <cmath>

#include "base/random.h"
#include "cli/data_commands.h"
#include "cli/rows_io.h"
#include "data/instruction.h"
#include "pool/local_classifier.h"

namespace retort {
namespace {

struct ClassifyOptions {
  std::string file, from, out;
  double confidence = 0, held_out = 0.2;
  int64_t seed = 1;
};

void tell_figures(std::vector<LabelledText> rows, const ClassifyOptions& options) {
  const auto seed = static_cast<uint64_t>(options.seed);
  Random(seed, "held out").shuffle(rows);
  const auto count = static_cast<size_t>(options.held_out * static_cast<double>(rows.size()));
  const std::span<const LabelledText> all(rows);
  const LocalClassifier classifier = or_throw(LocalClassifier::train(all.subspan(count), {.seed = seed}));
  std::vector<std::string> guesses;
  int64_t right = 0;
  for (const LabelledText& row : all.first(count)) {
    guesses.emplace_back(classifier.classify(row.text).label);
    right += guesses.back() == row.label ? 1 : 0;
  }
  std::fprintf(stderr, "%-24s %9s %9s %6s   (%zu rows held out, trained on %zu)\n", "label", "precision",
               "recall", "rows", count, rows.size() - count);
  for (const auto& [label, figures] : label_figures(all.first(count), guesses))
    std::fprintf(stderr, "%-24s %9.3f %9.3f %6lld\n", label.c_str(), figures.precision(), figures.recall(),
                 static_cast<long long>(figures.there));
  std::fprintf(stderr, "%-24s %9.3f\n", "right of all",
               count == 0 ? 0.0 : static_cast<double>(right) / static_cast<double>(count));
}

int classify(const ClassifyOptions& options) {
  if (options.held_out < 0 || options.held_out > 0.9)
    throw RunError(ErrorCode::InvalidArgument,
                   format("--held-out is {}; it must be from 0 to 0.9", options.held_out));
  std::vector<LabelledText> labelled;
  for (const DataRow& row : read_all_rows(options.from))
    if (!row.kind.empty()) labelled.push_back({row.instruction, row.kind});
  if (options.held_out > 0) tell_figures(labelled, options);
  const LocalClassifier classifier =
      or_throw(LocalClassifier::train(labelled, {.seed = static_cast<uint64_t>(options.seed)}));
  // Read before the file to write is begun, which may be the same.
  std::vector<DataRow> rows = read_all_rows(options.file);
  LineWriter writer(options.out);
  int64_t unsure = 0;
  for (DataRow& row : rows) {
    const LocalClassifier::Guess guess = classifier.classify(row.instruction);
    const bool sure = guess.confidence >= options.confidence;
    row.kind = sure ? std::string(guess.label) : std::string();
    unsure += sure ? 0 : 1;
    // To the fourth digit, which is more than it knows.
    writer.write(row_json(row)
                     .set("kind_source", kind_source_name(sure ? KindSource::Local : KindSource::Unknown))
                     .set("kind_confidence", std::round(guess.confidence * 1e4) / 1e4));
  }
  writer.finish();
  std::fprintf(stderr, "%lld rows below the confidence of %g have no kind\n", static_cast<long long>(unsure),
               options.confidence);
  return 0;
}

}  // namespace

Command data_classify_command() {
  static ClassifyOptions options;
  return {
      .name = "data classify",
      .doc = "Kinds for rows, from a local classifier trained on rows that have one",
      .flags = {{"file", "the rows", &options.file, Flag::Need::Required},
                {"--from", "rows with their kinds, to learn from", &options.from, Flag::Need::Required},
                {"--confidence", "a guess that is less sure is none", &options.confidence},
                {"--held-out", "share of those rows for precision and recall; 0: none", &options.held_out},
                {"--seed", "of training", &options.seed},
                {"--out", "a file; default: standard output", &options.out}},
      .run = [] { return classify(options); }};
}

}  // namespace retort
