// Durable rows a second: replies of 4 KB, committed in groups as the chat loop commits them, each group
// synced to the disk before the next begins. Beside it the disk's own rate of appends with fdatasync, which
// no store can beat at group 1.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "bench_line_and_store/figures.h"
#include "store/run_store.h"

namespace retort::bench {
namespace {

constexpr int kRowBytes = 4096;

std::string key_of(int index) { return sha256_hex(format("bench {}", index)); }

// Text that compresses as answers do (to about a third), not as a row of one letter does.
std::string reply_text(int index) {
  Random random(1, "reply", static_cast<uint64_t>(index));
  std::string text;
  while (text.size() < kRowBytes) {
    // Squared: few words are frequent, most are rare.
    double u = random.uniform();
    text += format("{:x} ", static_cast<int64_t>(u * u * 4000) * 7919 % 100'003);
  }
  text.resize(kRowBytes);
  return text;
}

struct Measured {
  double rows_per_s = 0;
  std::vector<double> commit_s;
};

void commit_groups(RunStore& store, const std::vector<CallEvent>& events, size_t group, Measured& measured) {
  double begin = seconds_now();
  for (size_t i = 0; i < events.size(); i += group) {
    double commit_begin = seconds_now();
    store.commit_calls(std::span(events).subspan(i, std::min(group, events.size() - i)));
    measured.commit_s.push_back(seconds_now() - commit_begin);
  }
  measured.rows_per_s = static_cast<double>(events.size()) / (seconds_now() - begin);
}

Measured measure_replies(const Path& folder, int rows, size_t group) {
  std::filesystem::remove_all(folder);
  auto store = or_throw(RunStore::open(folder, StoreMode::Write));
  std::vector<CallEvent> sent, done;
  for (int i = 0; i < rows; ++i) {
    sent.push_back(
        CallPlanned{.key = key_of(i), .endpoint = "teacher", .role = "teacher", .request = "{\"n\": 1}"});
    sent.push_back(CallSent{key_of(i)});
    done.push_back(CallDone{
        .key = key_of(i), .reply = reply_text(i), .tokens_in = 100, .tokens_out = 1000, .latency_ms = 9});
  }
  store->commit_calls(sent);
  Measured measured;
  commit_groups(*store, done, group, measured);
  return measured;
}

// The whole life of a call, in groups: planned with a request of 4 KB, sent, done with a reply of 4 KB.
double measure_lives(const Path& folder, int calls, int group) {
  std::filesystem::remove_all(folder);
  auto store = or_throw(RunStore::open(folder, StoreMode::Write));
  double seconds = 0;
  for (int i = 0; i < calls; i += group) {
    std::vector<CallEvent> planned, sent, done;
    for (int k = i; k < std::min(calls, i + group); ++k) {
      planned.push_back(CallPlanned{
          .key = key_of(k), .endpoint = "teacher", .role = "teacher", .request = reply_text(k + calls)});
      sent.push_back(CallSent{key_of(k)});
      done.push_back(CallDone{.key = key_of(k), .reply = reply_text(k)});
    }
    double begin = seconds_now();
    for (const auto& events : {planned, sent, done}) store->commit_calls(events);
    seconds += seconds_now() - begin;
  }
  return calls / seconds;
}

double measure_appends(const Path& file, int count) {
  int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  std::string row(kRowBytes, 'x');
  double begin = seconds_now();
  for (int i = 0; i < count; ++i)
    if (::write(descriptor, row.data(), row.size()) != kRowBytes || ::fdatasync(descriptor) != 0)
      throw RunError(system_error("append to", file, errno));
  double rate = count / (seconds_now() - begin);
  ::close(descriptor);
  return rate;
}

}  // namespace

void bench_rows(const Path& folder) {
  const double appends = measure_appends(folder / "appends", 300);
  figure("store_disk_appends", appends, "1/s");
  for (auto [rows, group] : {std::pair{300, size_t{1}}, {8'000, size_t{16}}, {40'000, size_t{128}}}) {
    Measured measured = measure_replies(folder / "replies", rows, group);
    std::sort(measured.commit_s.begin(), measured.commit_s.end());
    const auto quantile_ms = [&](double q) {
      return 1000 *
             measured.commit_s[static_cast<size_t>(q * static_cast<double>(measured.commit_s.size() - 1))];
    };
    const std::string name = group == 128 ? "store_rows" : format("store_rows_group_{}", group);
    figure(name, measured.rows_per_s, "1/s");
    figure(name + "_commit_p50", quantile_ms(0.5), "ms");
    figure(name + "_commit_p99", quantile_ms(0.99), "ms");
    if (group == 1) figure("store_group_1_over_disk_appends", measured.rows_per_s / appends, "ratio");
  }
  figure("store_whole_calls", measure_lives(folder / "lives", 10'000, 128), "1/s");
}

}  // namespace retort::bench
