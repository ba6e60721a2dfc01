// What the novelty index costs
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/format.h"
#include "pool/novelty.h"
#include "pool/novelty_stream_for_test.h"
#include "pool/rouge.h"

namespace retort {
namespace {

double seconds_now() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.6g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

void bench_all(size_t n) {
  NoveltyStream stream(NoveltyStream::kRows);
  {
    std::vector<std::string> texts;
    for (size_t i = 0; i < 120'000; ++i) texts.push_back(stream.candidate(i));
    size_t total = 0, longest = 0;
    for (auto& t : texts) total += rouge_tokens(t).size();
    for (size_t i = 0; i < 12; ++i) std::printf("%s\n", texts[i * 9999].c_str());
    figure("mean", double(total) / double(texts.size()), "tokens");
    NoveltyIndex index;
    double begin = seconds_now();
    size_t i = 0;
    for (; index.size() < 52'000 && i < texts.size(); ++i)
      if (!index.is_near_duplicate(texts[i])) index.add(texts[i]);
    figure("novelty_pool_52k", seconds_now() - begin, "s");
    figure("candidates", double(i), "");
    (void)longest;
    for (Simd simd : {Simd::Avx512, Simd::Plain}) {
      NoveltyIndex index({.simd = simd});
      for (size_t k = 0; k < 52'000; ++k) index.add(texts[k]);
      begin = seconds_now();
      double x = 0;
      for (size_t k = 0; k < 300; ++k) x += index.similarity(texts[60'000 + k]).mean;
      figure("full", 300 * 52'000 / (seconds_now() - begin) / 1e6, "Mpairs/s");
      figure("mean", x / 300, "");
    }
  }
  NoveltyIndex index;
  double begin = seconds_now();
  for (size_t i = 0; i < n; ++i) index.add(stream.candidate(i));
  figure("add", seconds_now() - begin, "s");
  begin = seconds_now();
  index.is_near_duplicate("first of all");
  figure("first query", seconds_now() - begin, "s");
  std::vector<double> us, novel;
  for (size_t i = 0; i < 20'000; ++i) {
    std::string text = stream.candidate(n + i);
    begin = seconds_now();
    bool near = index.is_near_duplicate(text);
    us.push_back((seconds_now() - begin) * 1e6);
    if (!near) novel.push_back(us.back());
  }
  double sum = 0;
  for (double x : us) sum += x;
  figure("query mean", sum / double(us.size()), "us");
  sum = 0;
  for (double x : novel) sum += x;
  std::sort(novel.begin(), novel.end());
  figure("novel", double(novel.size()), "");
  figure("novel mean", sum / double(novel.size()), "us");
  figure("novel p50", novel[novel.size() / 2], "us");
  figure("novel p99", novel[novel.size() * 99 / 100], "us");
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { retort::bench_all(argc > 1 ? size_t(atol(argv[1])) : 1'000'000); }
