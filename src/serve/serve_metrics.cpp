#include "serve/serve_metrics.h"

#include "base/format.h"

namespace retort {
namespace {

template <class Value>
std::string single(const char* name, const char* type, const char* help, Value value) {
  return format("# HELP {} {}\n# TYPE {} {}\n{} {}\n", name, help, name, type, name, value);
}

}  // namespace

void ServeMetrics::Histogram::note(double seconds) {
  for (size_t i = 0; i < kBounds.size(); ++i) at_most[i] += seconds <= kBounds[i];
  ++count;
  sum += seconds;
}

std::string ServeMetrics::Histogram::text(const char* name, const char* help) const {
  std::string out = format("# HELP {} {}\n# TYPE {} histogram\n", name, help, name);
  for (size_t i = 0; i < kBounds.size(); ++i)
    out += format("{}_bucket{{le=\"{}\"}} {}\n", name, kBounds[i], at_most[i]);
  return out +
         format("{}_bucket{{le=\"+Inf\"}} {}\n{}_sum {}\n{}_count {}\n", name, count, name, sum, name, count);
}

void ServeMetrics::count_reply(const std::string& path, int status) {
  std::lock_guard lock(mutex_);
  ++replies_[{path, status}];
}

void ServeMetrics::count_disconnect() {
  std::lock_guard lock(mutex_);
  ++disconnects_;
}

void ServeMetrics::note_first_token(double seconds) {
  std::lock_guard lock(mutex_);
  first_token_.note(seconds);
}

void ServeMetrics::note_completion(double seconds, int64_t tokens) {
  std::lock_guard lock(mutex_);
  completion_.note(seconds);
  completion_tokens_ += tokens;
}

std::string ServeMetrics::text(const EngineFigures& engine) const {
  std::lock_guard lock(mutex_);
  std::string out =
      "# HELP retort_requests_total Replies by path and status\n# TYPE retort_requests_total counter\n";
  for (const auto& [key, count] : replies_)
    out += format("retort_requests_total{{path=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  out += single("retort_client_disconnects_total", "counter", "Clients that left before their reply ended",
                disconnects_);
  out +=
      single("retort_prompt_tokens_total", "counter", "Tokens of the prompts taken in", engine.prompt_tokens);
  out += single("retort_generated_tokens_total", "counter", "Tokens made, for clients that left as well",
                engine.made_tokens);
  out += single("retort_completion_tokens_total", "counter", "Tokens of completions that ended",
                completion_tokens_);
  out += single("retort_steps_total", "counter", "Steps of the batch", engine.steps);
  out += single("retort_step_seconds_total", "counter", "Time spent in steps", engine.step_seconds);
  out += single("retort_slots", "gauge", "Samples that can be made at once", engine.slots);
  out += single("retort_slots_busy", "gauge", "Samples being made", engine.live);
  out += single("retort_requests_waiting", "gauge", "Prompts that wait for a slot", engine.waiting);
  out += first_token_.text("retort_first_token_seconds", "From a request to its first token");
  return out + completion_.text("retort_completion_seconds", "From a request to the end of its reply");
}

}  // namespace retort
