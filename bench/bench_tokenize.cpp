// What README's tokenizer figures are: rows of real instructions per second on two threads for each real tokenizer at hand
// (.cache/tokenizers, fetched by scripts/real_tokenizers), and one letter 102,400 times. The best of five; the rows first fill the
// word cache once, as they would in any longer run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "tokenizer/tokenizer.h"

using namespace retort;

namespace {

template <class Work>
double best_seconds(Work work) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

std::vector<std::string> real_rows() {
  std::vector<std::string> rows;
  auto add = [&](size_t, std::string_view line) -> Result<void> {
    Json row = RETORT_TRY(parse_json(line));
    std::string text;
    for (const char* part : {"instruction", "input", "output"}) {
      std::string_view value = row.at_path(part).string_or("");
      if (!value.empty()) (text += text.empty() ? "" : "\n").append(value);
    }
    rows.push_back(std::move(text));
    return {};
  };
  (void)read_lines("../shared/data/instructions.jsonl", add);
  return rows;
}

void report(const char* figure, std::string_view tokenizer, double value, const char* unit) {
  std::printf("{\"figure\": \"%s\", \"tokenizer\": \"%.*s\", \"value\": %.1f, \"unit\": \"%s\"}\n", figure,
              static_cast<int>(tokenizer.size()), tokenizer.data(), value, unit);
  std::fflush(stdout);
}

void measure(const std::string& name, const Tokenizer& tokenizer, const std::vector<std::string>& rows) {
  std::string letters(102'400, 'a');
  report("one_letter_100kb_ms", name, 1e3 * best_seconds([&] { (void)tokenizer.encode(letters); }), "ms");
  if (rows.empty()) return;
  double seconds = best_seconds([&] { (void)tokenizer.encode_batch(rows, {}, 2); });
  report("tokenize_rows", name, static_cast<double>(rows.size()) / seconds, "rows/s on two threads");
  seconds = best_seconds([&] { (void)tokenizer.encode_batch(rows, {}, 1); });
  report("tokenize_rows_one_thread", name, static_cast<double>(rows.size()) / seconds, "rows/s");
}

}  // namespace

int main() {
  std::vector<std::string> rows = real_rows();
  if (rows.empty()) std::puts("SKIP tokenize_rows: ../shared/data is absent");
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(".cache/tokenizers", error))
    if (std::filesystem::exists(entry.path() / "tokenizer.json")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  if (names.empty()) std::puts("SKIP the real tokenizers: run scripts/real_tokenizers first");
  for (const std::string& name : names)
    measure(name, *or_throw(Tokenizer::load(Path(".cache/tokenizers") / name / "tokenizer.json")), rows);
  measure("practice", *or_throw(Tokenizer::parse(practice_tokenizer_json())), rows);
}
