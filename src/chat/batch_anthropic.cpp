// Anthropic's message batches (docs.anthropic.com/en/api/creating-message-batches): the requests stand in the
// order itself, and a batch takes no metadata. One that an earlier process created is known by its time and
// size, and for sure by the custom ids in its results.
#include <algorithm>

#include "base/format.h"
#include "base/json.h"
#include "chat/batch_api.h"
#include "chat/rate_headers.h"

namespace retort {
namespace {

constexpr int kPagesMax = 20;
constexpr int64_t kSkewMs = 600'000;  // how much earlier than ours the server's clock may stand

Result<Json> parsed(std::string_view text, std::string_view what) {
  Result<Json> json = parse_json(text);
  if (json && json->is_object()) return json;
  return Error{ErrorCode::ServerError, format("{}: the answer is no JSON object", what)};
}

int64_t size_of(const Json& batch) {
  int64_t sum = 0;
  for (const auto& [name, count] : batch.at_path("request_counts").members()) sum += count.integer_or(0);
  return sum;
}

BatchResult result_of(const Json& line) {
  BatchResult result{.key = std::string(line.at_path("custom_id").string_or(""))};
  const Json& outcome = line.at_path("result");
  const std::string_view type = outcome.at_path("type").string_or("");
  if (type == "succeeded") {
    result.kind = BatchResult::Kind::Answered;
    result.status = 200;
    result.body = outcome.at_path("message").dump();
  } else if (type == "errored") {
    result.kind = BatchResult::Kind::Refused;
    // A request that cannot be right is for ever wrong; the rest was the server's trouble.
    const std::string_view what = outcome.at_path("error/error/type").string_or("");
    result.status = what == "invalid_request_error" || what == "not_found_error" ? 400 : 500;
    result.body = outcome.at_path("error").dump();
  }
  return result;
}

class AnthropicBatches : public BatchApi {
 public:
  explicit AnthropicBatches(BatchHttp& http) : http_(http) {}

  std::optional<std::string> find(const BatchRecord& batch, const std::set<std::string>& others) override {
    const auto size = static_cast<int64_t>(batch.keys.size());
    std::string after;
    for (int page = 0; page < kPagesMax; ++page) {
      const Json list =
          or_throw(parsed(http_.get("/messages/batches?limit=100" + after), "the list of batches"));
      for (const Json& found : list.at_path("data").items()) {
        const std::string id(found.at_path("id").string_or(""));
        const std::optional<int64_t> created = parse_rfc3339_ms(found.at_path("created_at").string_or(""));
        if (created && *created < batch.intended_ms - kSkewMs) return std::nullopt;  // the newest come first
        if (!others.contains(id) && size_of(found) == size && could_be(found, batch)) return id;
      }
      if (list.at_path("has_more").dump() != "true") break;
      after = format("&after_id={}", list.at_path("last_id").string_or(""));
    }
    return std::nullopt;
  }

  Result<std::string> create(const BatchRecord& batch, const std::vector<std::string>& bodies) override {
    std::string order = "{\"requests\":[";
    for (size_t i = 0; i < bodies.size(); ++i)
      order +=
          format("{}{{\"custom_id\":\"{}\",\"params\":{}}}", i == 0 ? "" : ",", batch.keys[i], bodies[i]);
    const Json created = RETORT_TRY(parsed(
        RETORT_TRY(http_.post_once("/messages/batches", "application/json", order + "]}")), "the new batch"));
    return std::string(created.at_path("id").string_or(""));
  }

  bool is_over(const std::string& remote_id) override {
    const Json batch = or_throw(parsed(http_.get("/messages/batches/" + remote_id), "the batch"));
    return batch.at_path("processing_status").string_or("") == "ended";
  }

  std::vector<BatchResult> results(const std::string& remote_id) override {
    return read_result_lines(http_.get(format("/messages/batches/{}/results", remote_id)), result_of);
  }

 private:
  // One that is over shows whose it is.
  bool could_be(const Json& found, const BatchRecord& batch) {
    if (found.at_path("processing_status").string_or("") != "ended") return true;
    const std::vector<BatchResult> all = results(std::string(found.at_path("id").string_or("")));
    return std::any_of(all.begin(), all.end(), [&](const BatchResult& result) {
      return std::find(batch.keys.begin(), batch.keys.end(), result.key) != batch.keys.end();
    });
  }
  BatchHttp& http_;
};

}  // namespace

std::unique_ptr<BatchApi> make_anthropic_batches(BatchHttp& http) {
  return std::make_unique<AnthropicBatches>(http);
}

}  // namespace retort
