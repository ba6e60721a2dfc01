// The practice teacher over HTTP: routes, faults and accounts. The replies themselves are PracticeTeacher's.
#include <atomic>
#include <map>
#include <mutex>

#include "base/json.h"
#include "practice/faults.h"
#include "practice/question.h"
#include "practice/teacher.h"

namespace retort::practice {
namespace {

HttpServerReply error_reply(int status, std::string_view message, std::string_view type,
                            std::string_view code) {
  return {.status = status, .body = error_json(message, type, code)};
}

// How often each request was asked.
class Accounts {
 public:
  void count_request() { ++requests_; }
  // How often it was asked before this time.
  int64_t ask(const std::string& hash) {
    std::lock_guard lock(mutex_);
    return asked_[hash]++;
  }
  std::string json() const {
    std::lock_guard lock(mutex_);
    // Written by hand: a Json object looks for the name at each member that is set, and a hash needs no
    // escapes.
    std::string by_hash;
    for (const auto& [hash, times] : asked_)
      by_hash += format("{}\"{}\":{}", by_hash.empty() ? "" : ",", hash, times);
    return format("{{\"requests\":{},\"by_hash\":{{{}}}}}", requests_.load(), by_hash);
  }

 private:
  mutable std::mutex mutex_;
  std::atomic<int64_t> requests_ = 0;  // every POST, the malformed ones too
  std::map<std::string, int64_t> asked_;
};

class PracticeServer : public TeacherServer {
 public:
  explicit PracticeServer(const TeacherOptions& options) : options_(options), teacher_(options) {}
  Result<void> listen(const std::string& host, int port) {
    host_ = host;
    server_ = RETORT_TRY(
        HttpServer::start(host, port, [this](const HttpServerRequest& request) { return handle(request); }));
    return {};
  }
  std::string base_url() const override { return format("http://{}:{}/v1", host_, server_->port()); }

 private:
  HttpServerReply handle(const HttpServerRequest& request);
  HttpServerReply complete(const HttpServerRequest& request);
  HttpServerReply spoil(Fault fault, HttpServerReply reply) const;

  TeacherOptions options_;
  PracticeTeacher teacher_;
  Accounts accounts_;
  std::string host_;
  std::unique_ptr<HttpServer> server_;  // last: it stops before what its handlers use is gone
};

std::string models_json() {
  Json model = Json::object();
  model.set("id", kTeacherModel).set("object", "model").set("created", 0);
  model.set("owned_by", format("retort ({})", kTeacherNote));
  return Json::object().set("object", "list").set("data", Json::array().push(std::move(model))).dump();
}

HttpServerReply PracticeServer::handle(const HttpServerRequest& request) {
  std::string_view path = request.path;
  path = path.substr(0, path.find('?'));
  std::string_view wanted = path == "/v1/chat/completions" ? "POST" : "GET";
  if (path != "/v1/chat/completions" && path != "/v1/models" && path != "/health" && path != "/stats")
    return error_reply(404,
                       "no such path; this practice teacher has POST /v1/chat/completions, GET /v1/models, "
                       "/health and /stats",
                       "invalid_request_error", "not_found");
  if (request.method != wanted) {
    HttpServerReply reply = error_reply(405, format("this path takes {} only", wanted),
                                        "invalid_request_error", "method_not_allowed");
    reply.headers = {{"allow", std::string(wanted)}};
    return reply;
  }
  if (path == "/v1/chat/completions") return complete(request);
  if (path == "/v1/models") return {.body = models_json()};
  if (path == "/stats") return {.body = accounts_.json()};
  return {.body = Json::object().set("status", "ok").set("note", kTeacherNote).dump()};
}

HttpServerReply PracticeServer::complete(const HttpServerRequest& request) {
  accounts_.count_request();
  Result<Question> question = parse_question(request.body);
  if (!question) return error_reply(400, question.error().message, "invalid_request_error", "");
  Fault fault = planned_fault(options_, *question, accounts_.ask(question->hash));
  TeacherReply said = teacher_.reply(*question);
  return spoil(fault, {.status = said.status, .body = std::move(said.body), .delay_ms = options_.latency_ms});
}

HttpServerReply PracticeServer::spoil(Fault fault, HttpServerReply reply) const {
  switch (fault) {
    case Fault::None:
      return reply;
    case Fault::TooManyRequests: {
      HttpServerReply refusal = error_reply(429, "too many requests (a fault on demand); ask again",
                                            "requests", "rate_limit_exceeded");
      // The header of the standard knows whole seconds only; OpenAI's own is exact.
      refusal.headers = {{"retry-after", std::to_string((options_.retry_after_ms + 999) / 1000)},
                         {"retry-after-ms", std::to_string(options_.retry_after_ms)}};
      refusal.delay_ms = reply.delay_ms;
      return refusal;
    }
    case Fault::ServerError: {
      HttpServerReply refusal =
          error_reply(500, "server error (a fault on demand); ask again", "server_error", "internal_error");
      refusal.delay_ms = reply.delay_ms;
      return refusal;
    }
    case Fault::Stall:
      reply.delay_ms += options_.stall_ms;
      return reply;
    case Fault::Truncate:
      reply.cut_after = static_cast<int64_t>(reply.body.size() / 2);
      return reply;
    case Fault::Garbage:
      reply.body = "<html><body>upstream sent garbage (a fault on demand)</body></html>";
      return reply;
  }
  RETORT_CHECK(false, "unknown fault {}", static_cast<int>(fault));
}

}  // namespace

Result<std::unique_ptr<TeacherServer>> TeacherServer::start(const TeacherOptions& options,
                                                            const std::string& host, int port) {
  if (Result<void> checked = check_teacher_options(options); !checked) return checked.error();
  auto server = std::make_unique<PracticeServer>(options);
  if (Result<void> listening = server->listen(host, port); !listening) return listening.error();
  return std::unique_ptr<TeacherServer>(std::move(server));
}

}  // namespace retort::practice
