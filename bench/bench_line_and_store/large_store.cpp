// A store of ten million calls: how long it takes to open it and to find where a run stands, and in how much
// memory.
#include <sys/wait.h>
#include <unistd.h>

#include "base/format.h"
#include "bench_line_and_store/figures.h"
#include "store/run_store.h"

namespace retort::bench {
namespace {

constexpr int64_t kGroup = 10'000;
constexpr int64_t kOpenEnd = 500;  // calls that were in flight or planned when the process ended

// Ascending, so that building takes minutes: real keys arrive in any order.
std::string key_of(int64_t index) { return format("{:016x}{:048x}", index * 0x9E3779B97, 0); }

void build(const Path& folder, int64_t rows) {
  auto store = or_throw(RunStore::open(folder, StoreMode::Write));
  store->begin_stage("teach_0");
  for (int64_t begin = 0; begin < rows; begin += kGroup) {
    std::vector<CallEvent> events;
    for (int64_t i = begin; i < std::min(rows, begin + kGroup); ++i) {
      const std::string key = key_of(i);
      events.push_back(CallPlanned{.key = key, .endpoint = "teacher", .role = "teacher", .request = "{}"});
      if (i >= rows - kOpenEnd / 2) continue;
      events.push_back(CallSent{key, 5});
      if (i < rows - kOpenEnd)
        events.push_back(CallDone{.key = key, .reply = "{}", .tokens_in = 9, .tokens_out = 5, .cost = 3});
    }
    store->commit_calls(events);
  }
}

// What a run does before it asks its first request.
void resume(const Path& folder, int64_t rows) {
  const double begin = seconds_now();
  auto store = or_throw(RunStore::open(folder, StoreMode::Write));
  figure("store_10m_open", seconds_now() - begin, "s");
  const CallTotals totals = store->call_totals()["teacher"];
  RETORT_CHECK(totals.done == rows - kOpenEnd, "{} calls are done", totals.done);
  int64_t open = 0;
  for (CallState state : {CallState::Planned, CallState::Sent})
    store->for_each_call(state, [&](const CallRecord&) { ++open; });
  RETORT_CHECK(open == kOpenEnd, "{} calls are open", open);
  store->begin_stage("teach_0");
  // The stage that was cut short asks for its rows again, a chunk at a time: the newest, and some anywhere.
  for (int64_t i = 0; i < 4'096; ++i) {
    RETORT_CHECK(store->call(key_of(rows - kOpenEnd - 1 - i)).has_value(), "call {} is gone", i);
    RETORT_CHECK(store->call(key_of(i * (rows / 5'000))).has_value(), "call {} is gone", i);
  }
  figure("store_10m_resume", seconds_now() - begin, "s");
  figure("store_10m_resident_mb", resident_peak_mb(), "MB");
}

}  // namespace

void bench_large_store(const Path& folder, int64_t rows) {
  const Path where = folder / "large";
  if (!std::filesystem::exists(where / "run.db")) {
    const double begin = seconds_now();
    build(where, rows);
    figure("store_10m_build_rows", static_cast<double>(rows) / (seconds_now() - begin), "1/s");
  }
  figure("store_10m_bytes", static_cast<double>(std::filesystem::file_size(where / "run.db")) / 1e9, "GB");
  const pid_t child = fork();  // its memory is its own
  if (child == 0) {
    resume(where, rows);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

}  // namespace retort::bench
