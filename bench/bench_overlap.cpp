// Discrimination with the student and the referee at work in turn, and at the same time: the same run with
// the demo's base as the student and a practice referee that takes LATENCY_MS over each reply.
// usage: bench_overlap [LATENCY_MS [ROWS]]
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "practice/base.h"
#include "practice/teacher.h"
#include "recipe/chunks.h"
#include "recipe/run.h"
#include "student/student.h"

namespace retort::bench {
namespace {

struct Seconds {
  double answer = 0, judge = 0, both = 0;
};

RunFile one_round(const practice::TeacherServer& server, int64_t rows) {
  RunFile file = or_throw(preset_run_file("demo"));
  file.recipe.control.clear();
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 10;
  file.data.practice_rows = rows;
  file.train.steps = file.train.round_steps = 1;
  file.eval.practice_per_kind = 1;
  file.student.threads = 1;
  file.referee.base_url = server.base_url();
  file.referee.model = "practice";
  return file;
}

Seconds measure(const RunFile& file, const StudentAhead& ahead) {
  const Path folder = std::filesystem::temp_directory_path() / format("retort_bench_overlap_{}", ::getpid());
  const RunHooks hooks{
      .open_student =
          [](const Path& from, const StudentOptions& options, const StudentSampling& sampling) {
            auto student = or_throw(Student::open(from, options));
            student->sampling() = sampling;
            return student;
          },
      .progress = {},
      .say = {},
      .ahead = ahead};
  run(file, folder, hooks);
  auto store = or_throw(RunStore::open(folder, StoreMode::Read));
  const StageRecord answer = *store->stage("answer_1"), judge = *store->stage("judge_1");
  store.reset();
  std::filesystem::remove_all(folder);
  RETORT_CHECK(judge.counts.ok == judge.counts.in, "{} of {} judged", judge.counts.ok, judge.counts.in);
  const auto between = [](int64_t from_ms, int64_t to_ms) {
    return static_cast<double>(to_ms - from_ms) / 1'000;
  };
  return {between(answer.started_ms, answer.finished_ms), between(judge.started_ms, judge.finished_ms),
          between(answer.started_ms, judge.finished_ms)};
}

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.4g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

void compare(int64_t latency_ms, int64_t rows) {
  practice::TeacherOptions options;
  options.latency_ms = latency_ms;
  const auto server = or_throw(practice::TeacherServer::start(options, "127.0.0.1", 0));
  const RunFile file = one_round(*server, rows);
  for (int turn = 0; turn < 3; ++turn) {
    const Seconds serial = measure(file, {.on = std::launch::deferred, .piece_min = kChunkIds});
    const Seconds overlapped = measure(file, {});
    figure("overlap_answer", serial.answer, "s");
    figure("overlap_judge", serial.judge, "s");
    figure("overlap_in_turn", serial.both, "s");
    figure("overlap_at_once", overlapped.both, "s");
    figure("overlap_speedup", serial.both / overlapped.both, "ratio");
  }
}

}  // namespace
}  // namespace retort::bench

int main(int count, char** arguments) {
  const int64_t latency_ms = count > 1 ? std::atoll(arguments[1]) : 20;
  retort::bench::compare(latency_ms, count > 2 ? std::atoll(arguments[2]) : 4'000);
  return 0;
}
