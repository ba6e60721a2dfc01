// `retort data dedup | mix FILE`: a file of rows in, JSON lines out. What leaves is counted on
// standard error, with its reason.
#include <map>

#include "cli/data_commands.h"
#include "cli/rows_io.h"
#include "pool/curriculum.h"
#include "pool/novelty.h"
#include "pool/task_mix.h"

namespace retort {
namespace {

int dedup(const std::string& path, double threshold, const std::string& words, const std::string& out) {
  if (threshold < 0 || threshold > 1)
    throw RunError(ErrorCode::InvalidArgument,
                   format("--threshold is {}; it must be from 0 to 1", threshold));
  if (words != "rouge" && words != "unicode")
    throw RunError(ErrorCode::InvalidArgument, format("--words is {}; it can be rouge or unicode", words));
  const std::vector<DataRow> rows = read_all_rows(path);
  NoveltyIndex index({.threshold = threshold, .tokens = token_rule(words)});
  LineWriter writer(out);
  size_t kept = 0;
  for (const DataRow& row : rows) {
    if (index.is_near_duplicate(row.instruction)) continue;
    index.add(row.instruction);
    writer.write(row_json(row));
    ++kept;
  }
  writer.finish();
  std::fprintf(stderr, "%zu rows, %zu kept, %zu near duplicates\n", rows.size(), kept, rows.size() - kept);
  return 0;
}

// TAPIR's target over the kinds that there are; a kind that has too few gives all it has, its lack is told.
int mix(const std::string& path, int64_t size, int64_t seed, const std::string& out) {
  const std::vector<DataRow> rows = read_all_rows(path);
  if (size < 0 || rows.empty())
    throw RunError(
        ErrorCode::InvalidArgument,
        format("--size is {} and {} has {} rows; there is nothing to mix", size, path, rows.size()));
  KindCounts have;
  std::map<std::string, std::vector<SeedCandidate>> by_kind;
  for (size_t i = 0; i < rows.size(); ++i) {
    ++have[rows[i].kind];
    by_kind[rows[i].kind].push_back({.id = static_cast<int64_t>(i), .kind = rows[i].kind});
  }
  const KindCounts wanted =
      apportion(size == 0 ? static_cast<int64_t>(rows.size()) : size, target_shares(have));
  LineWriter writer(out);
  int64_t lacking = 0, written = 0;
  for (const auto& [kind, count] : wanted) {
    const std::vector<int64_t> drawn =
        draw_by_shares(by_kind[kind], {{kind, 1}}, count, static_cast<uint64_t>(seed), "data mix/" + kind);
    for (int64_t row : drawn) writer.write(row_json(rows[static_cast<size_t>(row)]));
    const int64_t lack = count - static_cast<int64_t>(drawn.size());
    if (lack > 0)
      std::fprintf(stderr, "%s: %lld of %lld; write %lld more\n", kind.empty() ? "(no kind)" : kind.c_str(),
                   static_cast<long long>(drawn.size()), static_cast<long long>(count),
                   static_cast<long long>(lack));
    written += static_cast<int64_t>(drawn.size());
    lacking += lack;
  }
  writer.finish();
  std::fprintf(stderr, "%zu rows, %lld written, %lld lacking: rows are never repeated\n", rows.size(),
               static_cast<long long>(written), static_cast<long long>(lacking));
  return 0;
}

}  // namespace

Command data_dedup_command() {
  static std::string path, out, words = "rouge";
  static double threshold = 0.7;
  return {.name = "data dedup",
          .doc = "Rows without the near duplicates of an earlier one (ROUGE-L, exactly)",
          .flags = {{"file", "the rows", &path, Flag::Need::Required},
                    {"--threshold", "a near duplicate scores above this (Lion: 0.7)", &threshold},
                    {"--words", "rouge (a-z and 0-9) or unicode (every script)", &words},
                    {"--out", "a file; default: standard output", &out}},
          .run = [] { return dedup(path, threshold, words, out); }};
}

Command data_mix_command() {
  static std::string path, out;
  static int64_t size = 0, seed = 1;
  return {.name = "data mix",
          .doc = "Rows drawn so that their kinds have TAPIR's shares, none twice",
          .flags = {{"file", "the rows, with their kinds", &path, Flag::Need::Required},
                    {"--size", "so many in all; 0: as many as there are", &size},
                    {"--seed", "of the draw", &seed},
                    {"--out", "a file; default: standard output", &out}},
          .run = [] { return mix(path, size, seed, out); }};
}

}  // namespace retort
