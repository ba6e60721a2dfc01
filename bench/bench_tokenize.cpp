// What README's tokenizer figures are: rows of real instructions per second on two threads for each real
// tokenizer at hand
// (.cache/tokenizers, fetched by scripts/real_tokenizers), and one letter 102,400 times. The best of five;
// the rows first fill the word cache once, as they would in any longer run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "tokenizer/tokenizer.h"

using namespace retort;

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Spent {
  double wall = 1e9, cpu = 1e9;  // of the process, all its threads
};
template <class Work>
Spent best_of_five(Work work) {
  Spent best;
  for (int i = 0; i < 5; ++i) {
    auto start = std::chrono::steady_clock::now();
    double cpu = cpu_seconds();
    work();
    best.cpu = std::min(best.cpu, cpu_seconds() - cpu);
    best.wall =
        std::min(best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
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
  Spent spent = best_of_five([&] { (void)tokenizer.encode(letters); });
  report("one_letter_100kb_ms", name, 1e3 * spent.wall, "ms");
  report("one_letter_100kb_cpu_ms", name, 1e3 * spent.cpu, "ms of processor time");
  if (rows.empty()) return;
  spent = best_of_five([&] { (void)tokenizer.encode_batch(rows, {}, 2); });
  double count = static_cast<double>(rows.size());
  report("tokenize_rows", name, count / spent.wall, "rows/s on two threads");
  // Where other work shares the cores, what two of them for us alone would do.
  report("tokenize_rows_cpu", name, 2 * count / spent.cpu, "rows per two seconds of processor time");
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
