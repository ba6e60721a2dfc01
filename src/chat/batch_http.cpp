#include "base/format.h"
#include "base/log.h"
#include "base/stop.h"
#include "chat/batch_api.h"
#include "chat/dialect.h"
#include "chat/retry.h"

namespace retort {
namespace {

constexpr int64_t kSliceMs = 200;  // how late a stop signal may be noticed
constexpr size_t kResultBytesMax = size_t{1} << 30;
constexpr uint64_t kFirstId = uint64_t{1} << 62;  // apart from those of online requests on the same transport

}  // namespace

std::vector<BatchResult> read_result_lines(std::string_view lines, BatchResult (*result_of)(const Json&)) {
  std::vector<BatchResult> results;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    if (Result<Json> line = parse_json(lines.substr(at, end - at)); line) results.push_back(result_of(*line));
    at = end + 1;
  }
  return results;
}

void BatchHttp::wait_ms(int64_t ms) {
  for (; ms > 0; ms -= kSliceMs) {
    throw_if_stopped();
    clock_.sleep_ms(std::min(ms, kSliceMs));
  }
  throw_if_stopped();
}

Result<std::string> BatchHttp::exchange(HttpRequest request) {
  static uint64_t last_id = kFirstId;
  const uint64_t id = request.id = ++last_id;
  for (auto& header : or_throw(find_dialect(options_.dialect))->key_headers(options_.key))
    request.headers.push_back(std::move(header));
  request.connect_timeout_ms = options_.connect_timeout_ms;
  request.timeout_ms = options_.timeout_ms;
  request.body_bytes_max = kResultBytesMax;
  transport_.start(std::move(request));
  for (;;)
    for (HttpCompletion& done : transport_.poll(kSliceMs)) {
      if (done.id != id) continue;
      if (!done.reply) return outcome_of_error(done.reply.error()).error;
      Outcome outcome = outcome_of_reply(*done.reply);
      if (outcome.step == NextStep::Keep) return std::move(done.reply->body);
      if (outcome.step == NextStep::EndRun) throw RunError(outcome.error);
      return outcome.error;
    }
}

template <class Try>
std::string BatchHttp::until_answered(const std::string& what, const Try& attempt) {
  const int64_t began = clock_.monotonic_ms();
  for (int tries = 1;; ++tries) {
    Result<std::string> answer = attempt();
    if (answer) return *std::move(answer);
    const ErrorCode code = answer.error().code;
    const bool may_pass = code == ErrorCode::Unreachable || code == ErrorCode::Timeout ||
                          code == ErrorCode::RateLimited || code == ErrorCode::ServerError;
    if (!may_pass || clock_.monotonic_ms() - began >= options_.outage_ms)
      throw RunError(code, format("{}: cannot {}: {}; run the same command again, nothing is lost",
                                  options_.name, what, answer.error().message));
    if (tries == 1)
      log_warning("{}: cannot {}: {}; trying again", options_.name, what, answer.error().message);
    wait_ms(backoff_ms(options_.seed, what, tries));
  }
}

std::string BatchHttp::get(const std::string& path) {
  return until_answered("read " + path, [&] {
    HttpRequest request;
    request.method = "GET";
    request.url = options_.base_url + path;
    return exchange(std::move(request));
  });
}

Result<std::string> BatchHttp::post_once(const std::string& path, const std::string& content_type,
                                         std::string body) {
  HttpRequest request;
  request.url = options_.base_url + path;
  request.headers = {{"content-type", content_type}};
  request.body = std::move(body);
  return exchange(std::move(request));
}

std::string BatchHttp::post(const std::string& path, const std::string& content_type,
                            const std::string& body) {
  return until_answered("write " + path, [&] { return post_once(path, content_type, body); });
}

Result<std::unique_ptr<BatchApi>> make_batch_api(const EndpointOptions& options, BatchHttp& http) {
  if (options.dialect == "anthropic") return make_anthropic_batches(http);
  if (options.dialect == "openai" || options.dialect == "openai-reasoning") return make_openai_batches(http);
  return Error{ErrorCode::InvalidArgument,
               format("{}.mode is \"batch\", and {} has no batch API; openai and anthropic have one",
                      options.name, options.dialect)};
}

}  // namespace retort
