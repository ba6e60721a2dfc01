// OpenAI's batch API: a file of requests, a batch over it with our mark in its metadata, a file of replies
// and one of errors (platform.openai.com/docs/api-reference/batch).
#include "base/format.h"
#include "base/json.h"
#include "chat/batch_api.h"

namespace retort {
namespace {

constexpr std::string_view kMark = "retort_batch";
constexpr int kPagesMax = 100;
constexpr std::string_view kJson = "application/json";
// How much earlier than ours the server's clock may stand.
constexpr int64_t kSkewMs = 86'400'000;

Result<Json> parsed(std::string_view text, std::string_view what) {
  Result<Json> json = parse_json(text);
  if (json && json->is_object()) return json;
  return Error{ErrorCode::ServerError, format("{}: the answer is no JSON object", what)};
}

std::string multipart(const std::string& boundary, const std::string& file_name, const std::string& file) {
  return format(
      "--{0}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
      "--{0}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{1}\"\r\n"
      "Content-Type: application/jsonl\r\n\r\n{2}\r\n--{0}--\r\n",
      boundary, file_name, file);
}

BatchResult result_of(const Json& line) {
  BatchResult result{.key = std::string(line.at_path("custom_id").string_or(""))};
  const Json& response = line.at_path("response");
  result.status = static_cast<int>(response.at_path("status_code").integer_or(0));
  result.body = response.at_path("body").dump();
  if (result.status >= 200 && result.status < 300)
    result.kind = BatchResult::Kind::Answered;
  else if (result.status != 0)
    result.kind = BatchResult::Kind::Refused;
  return result;
}

class OpenAiBatches : public BatchApi {
 public:
  explicit OpenAiBatches(BatchHttp& http) : http_(http) {}

  std::optional<std::string> find(const BatchRecord& batch, const std::set<std::string>&) override {
    std::string after;
    for (int page = 0; page < kPagesMax; ++page) {
      const Json list = or_throw(parsed(http_.get("/batches?limit=100" + after), "the list of batches"));
      for (const Json& found : list.at_path("data").items()) {
        if (found.at_path("metadata").at_path(kMark).string_or("") == batch.mark)
          return std::string(found.at_path("id").string_or(""));
        // The newest come first.
        if (found.at_path("created_at").integer_or(INT64_MAX / 2'000) * 1'000 < batch.intended_ms - kSkewMs)
          return std::nullopt;
        after = format("&after={}", found.at_path("id").string_or(""));
      }
      if (list.at_path("has_more").dump() != "true") break;
    }
    return std::nullopt;
  }

  Result<std::string> create(const BatchRecord& batch, const std::vector<std::string>& bodies) override {
    std::string file;
    for (size_t i = 0; i < bodies.size(); ++i)
      file += format(
          "{{\"custom_id\":\"{}\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{}}}\n",
          batch.keys[i], bodies[i]);
    // The mark is in no request: it is made from their keys.
    const std::string boundary = "retort" + batch.mark;
    // A file that nobody uses costs nothing, so this may be done twice.
    const Json uploaded = RETORT_TRY(
        parsed(http_.post("/files", "multipart/form-data; boundary=" + boundary,
                          multipart(boundary, format("retort-{}.jsonl", batch.mark.substr(0, 16)), file)),
               "the upload"));
    Json order = Json::object();
    order.set("input_file_id", uploaded.at_path("id").string_or(""))
        .set("endpoint", "/v1/chat/completions")
        .set("completion_window", "24h")
        .set("metadata", Json::object().set(std::string(kMark), batch.mark));
    const Json created = RETORT_TRY(
        parsed(RETORT_TRY(http_.post_once("/batches", std::string(kJson), order.dump())), "the new batch"));
    return std::string(created.at_path("id").string_or(""));
  }

  bool is_over(const std::string& remote_id) override {
    const Json batch = look(remote_id);
    const std::string_view status = batch.at_path("status").string_or("");
    return status == "completed" || status == "expired" || status == "cancelled" || status == "failed";
  }

  std::vector<BatchResult> results(const std::string& remote_id) override {
    const Json batch = look(remote_id);
    if (batch.at_path("status").string_or("") == "failed")
      throw RunError(
          ErrorCode::BadRequest,
          format("the endpoint refused the batch {}: {}; correct it and run again, nothing was charged",
                 remote_id, batch.at_path("errors").dump().substr(0, 400)));
    std::vector<BatchResult> results;
    for (const char* name : {"output_file_id", "error_file_id"}) {
      const std::string file(batch.at_path(name).string_or(""));
      if (file.empty()) continue;
      const auto found = read_result_lines(http_.get(format("/files/{}/content", file)), result_of);
      results.insert(results.end(), found.begin(), found.end());
    }
    return results;
  }

 private:
  Json look(const std::string& remote_id) {
    return or_throw(parsed(http_.get("/batches/" + remote_id), "the batch"));
  }
  BatchHttp& http_;
};

}  // namespace

std::unique_ptr<BatchApi> make_openai_batches(BatchHttp& http) {
  return std::make_unique<OpenAiBatches>(http);
}

}  // namespace retort
