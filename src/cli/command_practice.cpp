// `retort practice-teacher`: the practice teacher as a server. `retort practice-base`: makes the base that
// the demo's student starts from.
#include <cstdio>

#include "base/clock.h"
#include "base/stop.h"
#include "cli/command.h"
#include "practice/base.h"
#include "practice/teacher.h"

namespace retort {
namespace {

int serve_teacher(const practice::TeacherOptions& options, const std::string& host, int64_t port) {
  auto server = or_throw(practice::TeacherServer::start(options, host, static_cast<int>(port)));
  std::printf("%s\n", server->base_url().c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "the practice teacher answers at %s (rule-based, no LLM); Ctrl-C stops it\n",
               server->base_url().c_str());
  while (!stop_requested()) system_clock().sleep_ms(100);
  return 0;
}

}  // namespace

Command practice_teacher_command() {
  static practice::TeacherOptions options;
  static std::string host = "127.0.0.1";
  static int64_t port = 0, seed = 1;
  return {.name = "practice-teacher",
          .doc = "Serve the practice teacher (rule-based, no LLM) as an OpenAI-compatible API",
          .flags = {{"--host", "address to listen on (default: 127.0.0.1)", &host},
                    {"--port", "0: any free one; the address is printed", &port},
                    {"--seed", "every reply is a function of the request and this number", &seed},
                    {"--skew", "rare_is_hard, rare_is_easy or uniform", &options.skew},
                    {"--position-bias", "referee: points for the first answer", &options.position_bias},
                    {"--score-noise", "referee: standard deviation of each score", &options.score_noise},
                    {"--duplicates", "generator: share of near copies", &options.duplicate_share},
                    {"--junk", "generator: share of useless texts", &options.junk_share},
                    {"--errors", "teacher: share of wrong answers", &options.error_share},
                    {"--injected", "teacher: share of answers that carry a score-like line",
                     &options.injected_share},
                    {"--fault-429", "share of requests refused with 429 at first", &options.fault_429},
                    {"--fault-500", "share of requests failed with 500 at first", &options.fault_500},
                    {"--fault-stall", "share of requests that stall at first", &options.fault_stall},
                    {"--fault-truncate", "share of replies cut off at first", &options.fault_truncate},
                    {"--fault-garbage", "share of replies that are no JSON at first", &options.fault_garbage},
                    {"--stall-ms", "how long a stall lasts", &options.stall_ms},
                    {"--latency-ms", "wait before every reply", &options.latency_ms}},
          .run = [] {
            options.seed = static_cast<uint64_t>(seed);
            return serve_teacher(options, host, port);
          }};
}

Command practice_base_command() {
  static practice::BaseOptions options;
  static std::string folder = "practice_base", work;
  static int64_t seed = 1;
  return {.name = "practice-base",
          .doc = "Make the base that the demo's student starts from (some minutes of CPU)",
          .flags = {{"--out", "the model folder (default: practice_base)", &folder},
                    {"--work",
                     "folder for checkpoints, so that it goes on after a stop (default: <out>.work)", &work},
                    {"--seed", "same seed, same base", &seed},
                    {"--scale", "share of the full training; less than 1 is for tests", &options.scale}},
          .run = [] {
            options.seed = static_cast<uint64_t>(seed);
            or_throw(practice::make_practice_base(
                options, folder, work.empty() ? folder + ".work" : work,
                [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }));
            std::printf("%s\n", folder.c_str());
            return 0;
          }};
}

}  // namespace retort
