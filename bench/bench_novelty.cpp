// What the novelty index costs one core, in its processor time: building a pool of 52,000 as a run does, each
// candidate judged before it is added; judging one against a million and five million; and scoring all pairs.
// Texts are recombined sentences of the real rows (novelty_stream_for_test.h). bench_novelty.sh puts
// rouge_score's own rate beside it. Usage: bench_novelty [texts N: prints N candidates, and nothing else]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <numeric>

#include "base/format.h"
#include "pool/novelty.h"
#include "pool/novelty_stream_for_test.h"

namespace retort {
namespace {

constexpr size_t kPool = 52'000;
constexpr size_t kQueries = 20'000;
constexpr size_t kScored = 500;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.6g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void bench_pool(const NoveltyStream& stream) {
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < 2 * kPool; ++i) texts.push_back(stream.candidate(i));
  NoveltyIndex index;
  size_t candidates = 0;
  const double begin = processor_seconds();
  for (; index.size() < kPool && candidates < texts.size(); ++candidates)
    if (!index.is_near_duplicate(texts[candidates])) index.add(texts[candidates]);
  const double end = processor_seconds();
  RETORT_CHECK(index.size() == kPool, "{} of {} candidates are novel", index.size(), candidates);
  figure("novelty_pool_52k", end - begin, "s");
  figure("novelty_pool_52k_candidates", static_cast<double>(candidates), "texts");
}

void bench_queries(const NoveltyStream& stream, size_t size, const std::string& name) {
  NoveltyIndex index;
  for (uint64_t i = 0; i < size; ++i) index.add(stream.candidate(i));
  index.is_near_duplicate("orders and indexes what was added");
  std::vector<double> all, novel;
  for (uint64_t i = size; i < size + kQueries; ++i) {
    const std::string text = stream.candidate(i);
    const double begin = processor_seconds();
    const bool near = index.is_near_duplicate(text);
    all.push_back((processor_seconds() - begin) * 1e6);
    if (!near) novel.push_back(all.back());
  }
  figure(name, mean(all), "us");
  figure(name + "_novel_share", static_cast<double>(novel.size()) / static_cast<double>(all.size()), "");
  figure(name + "_novel", mean(novel), "us");
  std::sort(novel.begin(), novel.end());
  figure(name + "_novel_p50", novel[novel.size() / 2], "us");
  figure(name + "_novel_p99", novel[novel.size() * 99 / 100], "us");
}

void bench_full_scores(const NoveltyStream& stream, Simd simd, const std::string& name) {
  NoveltyIndex index({.simd = simd});
  for (uint64_t i = 0; i < kPool; ++i) index.add(stream.candidate(i));
  std::vector<std::string> texts;
  for (uint64_t i = kPool; i < kPool + kScored; ++i) texts.push_back(stream.candidate(i));
  const double begin = processor_seconds();
  for (const std::string& text : texts) RETORT_CHECK(index.similarity(text).nearest.size() == 10);
  const double pairs = static_cast<double>(kPool) * static_cast<double>(kScored);
  figure(name, pairs / (processor_seconds() - begin) / 1e6, "M pairs/s");
}

void bench_all(const NoveltyStream& stream) {
  bench_pool(stream);
  if (best_simd() == Simd::Avx512) bench_full_scores(stream, Simd::Avx512, "novelty_full_scores");
  bench_full_scores(stream, Simd::Plain, "novelty_full_scores_plain");
  bench_queries(stream, 1'000'000, "novelty_query_1m");
  bench_queries(stream, 5'000'000, "novelty_query_5m");
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  using namespace retort;
  if (!std::filesystem::exists(NoveltyStream::kRows)) {
    std::fprintf(stderr, "SKIP novelty: %s is not there\n", NoveltyStream::kRows);
    return 0;
  }
  const NoveltyStream stream(NoveltyStream::kRows);
  if (argc == 3)
    for (uint64_t i = 0; i < std::strtoull(argv[2], nullptr, 10); ++i)
      std::printf("%s\n", stream.candidate(i).c_str());
  else
    bench_all(stream);
}
