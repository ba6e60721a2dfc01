// The batch APIs of OpenAI and Anthropic as a server in memory: it takes, lists, works off and charges
// batches, loses answers where it is told to, and keeps a ledger. For tests.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/json.h"
#include "chat/fake_transport.h"

namespace retort {

class FakeBatchServer {
 public:
  enum class Api { OpenAi, Anthropic };
  FakeBatchServer(Api api, FakeClock& clock) : api_(api), clock_(clock) {}

  int64_t works_ms = 90'000;           // a batch takes so long
  std::set<std::string> expires;       // requests (their user text) that are not run, once
  std::set<std::string> fails;         // answered 500 within their batch, once
  std::set<std::string> wrong;         // answered 400, always
  std::set<std::string> garbles;       // run and charged, but their result's line is cut in two, once
  bool says_nothing = false;           // no batch has results
  int batches_of_others = 0;           // others' batches of the same size stand in the list
  std::map<std::string, int> charged;  // times, by custom id
  int created = 0, uploaded = 0, looked = 0;

  HttpReply answer(const HttpRequest& request) {
    const size_t at = request.url.find("/v1/");
    const std::string path = request.url.substr(at + 3);
    return api_ == Api::OpenAi ? openai(request, path) : anthropic(request, path);
  }

 private:
  struct Batch {
    std::string id, mark, input;
    std::vector<std::pair<std::string, Json>> requests;  // custom id, body
    int64_t created_ms = 0;
    std::string results, errors;
    bool is_done = false;
  };

  static HttpReply ok(const Json& json) { return {200, {}, json.dump()}; }
  static HttpReply not_found() { return {404, {}, R"({"error":{"message":"no such thing"}})"}; }
  static std::string text_of(const Json& body) {
    return std::string(body.at_path("messages").items().back().at_path("content").string_or(""));
  }
  bool is_over(const Batch& batch) const { return clock_.monotonic_ms() >= batch.created_ms + works_ms; }

  // Works a batch off once its time has come.
  void work(Batch& batch) {
    if (batch.is_done || !is_over(batch)) return;
    batch.is_done = true;
    for (const auto& [id, body] : batch.requests) {
      const std::string text = text_of(body);
      if (expires.erase(text) > 0) {
        add(batch, id, "expired", 0, "");
      } else if (wrong.contains(text) || fails.erase(text) > 0) {
        add(batch, id, "errored", wrong.contains(text) ? 400 : 500, text);
      } else {
        ++charged[id];
        if (says_nothing) continue;
        add(batch, id, "succeeded", 200, text);
        if (garbles.erase(text) > 0) batch.results.erase(0, batch.results.find('\n') / 2);
      }
    }
  }

  // Results stand in the opposite order of the requests.
  void add(Batch& batch, const std::string& id, const std::string& type, int status,
           const std::string& text) {
    if (api_ == Api::Anthropic) {
      const std::string what = type == "succeeded" ? R"(,"message":)" + message(text)
                               : type == "errored" ? error(status)
                                                   : "";
      batch.results = format("{{\"custom_id\":\"{}\",\"result\":{{\"type\":\"{}\"{}}}}}\n", id, type, what) +
                      batch.results;
      return;
    }
    std::string response = "null", fault = "null";
    if (type == "expired")
      fault = R"({"code":"batch_expired","message":"it was not run in time"})";
    else
      response = format("{{\"status_code\":{},\"request_id\":\"r\",\"body\":{}}}", status,
                        status == 200 ? completion(text) : R"({"error":{"message":"no"}})");
    std::string& file = status == 200 ? batch.results : batch.errors;
    file =
        format("{{\"id\":\"x\",\"custom_id\":\"{}\",\"response\":{},\"error\":{}}}\n", id, response, fault) +
        file;
  }
  static std::string completion(const std::string& text) {
    return R"({"choices":[{"message":{"role":"assistant","content":"to )" + text +
           R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})";
  }
  static std::string message(const std::string& text) {
    return R"({"type":"message","content":[{"type":"text","text":"to )" + text +
           R"("}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2}})";
  }
  static std::string error(int status) {
    return format(R"(,"error":{{"type":"error","error":{{"type":"{}","message":"no"}}}})",
                  status == 400 ? "invalid_request_error" : "api_error");
  }

  HttpReply openai(const HttpRequest& request, const std::string& path) {
    if (request.method == "POST" && path == "/files") {
      const std::string id = format("file-{}", ++uploaded);
      const size_t begin = request.body.find("jsonl\r\n\r\n") + 9;
      files_[id] = request.body.substr(begin, request.body.rfind("\r\n--") - begin);
      return ok(Json::object().set("id", id));
    }
    if (request.method == "POST" && path == "/batches") {
      const Json order = or_throw(parse_json(request.body));
      Batch batch{.mark = std::string(order.at_path("metadata/retort_batch").string_or(""))};
      const std::string& lines = files_.at(std::string(order.at_path("input_file_id").string_or("")));
      for (size_t at = 0; at < lines.size();) {
        const size_t end = lines.find('\n', at);
        const Json line = or_throw(parse_json(std::string_view(lines).substr(at, end - at)));
        batch.requests.emplace_back(line.at_path("custom_id").string_or(""), line.at_path("body"));
        at = end + 1;
      }
      return ok(Json::object().set("id", take(std::move(batch))));
    }
    if (path.starts_with("/batches?")) return listing([&](const Batch& b) { return openai_batch(b); });
    if (path.starts_with("/batches/")) {
      Batch* batch = find(path.substr(9));
      return batch == nullptr ? not_found() : ok(openai_batch(*batch));
    }
    const std::string id = path.substr(7, path.find("/content") - 7);  // "/files/out-1/content"
    for (Batch& batch : batches_) {
      if (id == "out-" + batch.id) return {200, {}, batch.results};
      if (id == "err-" + batch.id) return {200, {}, batch.errors};
    }
    return not_found();
  }

  Json openai_batch(const Batch& batch) const {
    Json json = Json::object();
    json.set("id", batch.id).set("status", batch.is_done ? "completed" : "in_progress");
    json.set("created_at", batch.created_ms / 1'000 + 1'700'000'000);
    json.set("metadata", Json::object().set("retort_batch", batch.mark));
    json.set("output_file_id", batch.results.empty() ? Json() : Json("out-" + batch.id));
    json.set("error_file_id", batch.errors.empty() ? Json() : Json("err-" + batch.id));
    return json;
  }

  HttpReply anthropic(const HttpRequest& request, const std::string& path) {
    if (request.method == "POST") {
      Batch batch;
      const Json order = or_throw(parse_json(request.body));
      for (const Json& entry : order.at_path("requests").items())
        batch.requests.emplace_back(entry.at_path("custom_id").string_or(""), entry.at_path("params"));
      return ok(Json::object().set("id", take(std::move(batch))));
    }
    if (path.starts_with("/messages/batches?"))
      return listing([&](const Batch& b) { return anthropic_batch(b); });
    const std::string rest = path.substr(18);  // after "/messages/batches/"
    Batch* batch = find(rest.substr(0, rest.find('/')));
    if (batch == nullptr) return not_found();
    if (rest.ends_with("/results")) return {200, {}, batch->results};
    return ok(anthropic_batch(*batch));
  }

  Json anthropic_batch(const Batch& batch) const {
    const auto size = static_cast<int64_t>(batch.requests.size());
    Json counts = Json::object();
    counts.set("processing", batch.is_done ? 0 : size).set("succeeded", batch.is_done ? size : 0);
    Json json = Json::object();
    json.set("id", batch.id).set("processing_status", batch.is_done ? "ended" : "in_progress");
    json.set("request_counts", counts).set("created_at", "2023-11-14T22:13:21Z");
    return json;
  }

  std::string take(Batch batch) {
    // Somebody else's of the same size, a little later: nearer to the front of the list.
    Batch other{.requests = batch.requests};
    for (auto& [id, body] : other.requests) id = "other-" + id.substr(6);
    batch.id = format("batch-{}", ++created);
    batch.created_ms = clock_.monotonic_ms();
    const std::string id = batch.id;
    batches_.push_back(std::move(batch));
    for (int i = 0; i < batches_of_others; ++i) {
      other.id = format("theirs-{}-{}", created, i);
      other.created_ms = clock_.monotonic_ms();
      batches_.push_back(other);
    }
    return id;
  }
  Batch* find(const std::string& id) {
    ++looked;
    for (Batch& batch : batches_)
      if (batch.id == id) {
        work(batch);
        return &batch;
      }
    return nullptr;
  }
  template <class Show>
  HttpReply listing(const Show& show) {
    Json data = Json::array();
    for (auto batch = batches_.rbegin(); batch != batches_.rend(); ++batch) {
      work(*batch);
      data.push(show(*batch));
    }
    return ok(Json::object().set("data", data).set("has_more", false));
  }

  Api api_;
  FakeClock& clock_;
  std::map<std::string, std::string> files_;
  std::vector<Batch> batches_;
};

}  // namespace retort
