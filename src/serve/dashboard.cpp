#include "serve/dashboard.h"

#include <atomic>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "serve/live_file.h"
#include "serve/view_cache.h"
#include "serve/view_guard.h"
#include "serve/view_json.h"
#include "serve/view_runs.h"
#include "serve/view_samples.h"
#include "serve/view_tokens.h"
#include "serve/web_page.h"
#include "store/lock.h"
#include "store/schema.h"

namespace retort {
namespace {

constexpr size_t kQueryBytesMax = 8'192;
constexpr size_t kSessionBytesMax = 1'024;
constexpr int64_t kQuietMs = 15'000;  // then a comment goes down an event stream, or a proxy would close it
constexpr int64_t kExamplesShown = 8;

// Nothing but this server's own files runs on the page, and it talks to this server alone.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpServerReply with_safety(HttpServerReply reply) {
  for (const auto& [name, value] : HttpHeaders{{"Content-Security-Policy", kPolicy},
                                               {"X-Content-Type-Options", "nosniff"},
                                               {"X-Frame-Options", "DENY"},
                                               {"Referrer-Policy", "no-referrer"},
                                               {"Cross-Origin-Opener-Policy", "same-origin"},
                                               {"Cross-Origin-Resource-Policy", "same-origin"},
                                               {"Cache-Control", "no-store"}})
    reply.headers.emplace_back(name, value);
  return reply;
}

HttpServerReply plain(int status, std::string_view text) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::string(text) + "\n"};
}

HttpServerReply problem(int status, std::string_view text) {
  return {.status = status, .body = Json::object().set("error", text).dump()};
}

std::string page() {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Retort</title>"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
         "<meta name=\"color-scheme\" content=\"light dark\">"
         "<link rel=\"stylesheet\" href=\"/assets/app.css\">"
         "<script type=\"module\" src=\"/assets/app.js\"></script></head>"
         "<body><noscript><p>This page is drawn by its script, which is switched off here.</p></noscript>"
         "</body></html>\n";
}

// What is shown, and what moves from second to second. Event streams hold it too, and may outlive the
// dashboard by one look.
struct News {
  explicit News(const Path& run) : folder(run), cache(run) {}
  Json progress() {
    const std::shared_ptr<const Figures> figures = cache.figures();
    return progress_json(figures->view, read_live(folder), system_clock().wall_ms())
        .set("version", figures->version);
  }
  Path folder;
  ViewCache cache;
  std::atomic<bool> is_over = false;
};

class RunDashboard : public Dashboard {
 public:
  explicit RunDashboard(DashboardOptions options)
      : options_(std::move(options)),
        cookie_("retort_" + sha256_hex(options_.key).substr(0, 12)),
        news_(std::make_shared<News>(options_.folder)) {}
  ~RunDashboard() override { news_->is_over = true; }

  std::optional<HttpServerReply> respond(const HttpServerRequest& request) override {
    const bool page = request.path == "/", asset = request.path.starts_with("/assets/"),
               api = request.path.starts_with("/api/");
    if (!page && !asset && !api) return std::nullopt;
    if (std::optional<std::string> why = refusal(request, options_.hosts))
      return with_safety(problem(403, *why));
    if (request.query.size() > kQueryBytesMax) return with_safety(problem(414, "the query is too long"));
    if (request.path == "/api/session") return with_safety(session(request));
    if (request.method != "GET" && request.method != "HEAD")
      return with_safety(problem(405, "these pages are read only"));
    return with_safety(api ? answer_api(request) : answer_file(request.path));
  }
  std::string start_path() const override { return "/#key=" + options_.key; }

 private:
  // Takes the key that the page found behind the "#" and gives the cookie that stands for it from then on.
  HttpServerReply session(const HttpServerRequest& request);
  HttpServerReply answer_file(std::string_view path) const;
  HttpServerReply answer_api(const HttpServerRequest& request);
  HttpServerReply view(const HttpServerRequest& request);
  HttpServerReply call(const std::string& key);
  HttpServerReply events(const HttpServerRequest& request);

  DashboardOptions options_;
  std::string cookie_;  // its name, of this key: a cookie knows no port
  std::shared_ptr<News> news_;
};

HttpServerReply RunDashboard::session(const HttpServerRequest& request) {
  if (request.method != "POST" || request.body.size() > kSessionBytesMax)
    return problem(405, "a session is begun by POST");
  Result<Json> json = parse_json(request.body, 2);
  if (!json || !same_key(json->at_path("key").string_or(""), options_.key))
    return problem(401, "this key is not (or no longer) the server's; open the address that it printed");
  HttpServerReply reply{.status = 204};
  reply.headers.emplace_back("Set-Cookie",
                             format("{}={}; Path=/api; HttpOnly; SameSite=Strict", cookie_, options_.key));
  return reply;
}

HttpServerReply RunDashboard::answer_file(std::string_view path) const {
  if (kWebScript.empty()) return plain(503, kPageNotBuilt);
  if (path == "/") return {.content_type = "text/html; charset=utf-8", .body = page()};
  if (path == "/assets/app.js")
    return {.content_type = "text/javascript; charset=utf-8", .body = std::string(kWebScript)};
  if (path == "/assets/app.css")
    return {.content_type = "text/css; charset=utf-8", .body = std::string(kWebStyle)};
  return plain(404, "there is no such file");
}

HttpServerReply RunDashboard::answer_api(const HttpServerRequest& request) {
  if (!same_key(cookie(request, cookie_).value_or(""), options_.key))
    return problem(401, "open the address that `retort serve` printed: it holds the key");
  try {
    return view(request);
  } catch (const RunError& error) {
    log_warning("{}: {}", request.path, error.what());
    return problem(500, error.what());
  }
}

HttpServerReply from(const Result<Json>& json) {
  if (json) return {.body = json->dump()};
  return problem(json.error().code == ErrorCode::NotFound ? 404 : 400, json.error().message);
}

HttpServerReply RunDashboard::view(const HttpServerRequest& request) {
  const std::string& path = request.path;
  if (path == "/api/run") return {.body = news_->cache.figures()->json};
  if (path == "/api/progress") return {.body = news_->progress().dump()};
  if (path == "/api/events") return events(request);
  if (path == "/api/runs") return {.body = runs_beside(options_.folder).dump()};
  if (path == "/api/call") return call(query_value(request.query, "key").value_or(""));
  // A connection each: they cost a fraction of a millisecond, and are used by one thread.
  Database database(options_.folder / kStoreFile, Database::Access::Read);
  if (path == "/api/samples") {
    const Result<SampleFilter> filter = parse_sample_filter(request.query);
    return filter ? from(samples_page(database, *filter)) : problem(400, filter.error().message);
  }
  if (path == "/api/sample")
    return from(sample_in_full(
        database, std::strtoll(query_value(request.query, "id").value_or("").c_str(), nullptr, 10)));
  if (path == "/api/tokens")
    return from(training_examples(database, options_.folder, query_value(request.query, "stage").value_or(""),
                                  kExamplesShown));
  return problem(404, "there is no such view");
}

HttpServerReply RunDashboard::call(const std::string& key) {
  const bool is_key = key.size() == 64 && key.find_first_not_of("0123456789abcdef") == std::string::npos;
  std::unique_ptr<RunStore> store = or_throw(RunStore::open(options_.folder, StoreMode::Read));
  const std::optional<CallRecord> found = is_key ? store->call(key) : std::nullopt;
  if (!found) return problem(404, "there is no such call in this run");
  return from(Json::object()
                  .set("role", found->role)
                  .set("endpoint", found->endpoint)
                  .set("http_status", found->http_status)
                  .set("attempts", found->attempts)
                  .set("latency_ms", found->latency_ms)
                  .set("tokens_in", found->tokens_in)
                  .set("tokens_out", found->tokens_out)
                  .set("request", found->request)
                  .set("reply", found->reply)
                  .set("error", found->error));
}

HttpServerReply RunDashboard::events(const HttpServerRequest& request) {
  HttpServerReply reply{.content_type = "text/event-stream"};
  reply.stream = [news = news_, waits = request.client_waits,
                  look_every_ms = options_.look_every_ms](const HttpSend& send) {
    int64_t version = -1, quiet_ms = 0;
    bool goes_on = send("retry: 2000\n\n");
    while (goes_on && !news->is_over && waits()) {
      const Json now = news->progress();
      const bool is_news =
          now.at_path("version").integer_or(0) != version || now.at_path("state").string_or("") == "running";
      if (is_news) {
        version = now.at_path("version").integer_or(0);
        goes_on = send("event: progress\ndata: " + now.dump() + "\n\n");
        quiet_ms = 0;
      } else if (quiet_ms >= kQuietMs) {
        goes_on = send(": still here\n\n");
        quiet_ms = 0;
      }
      system_clock().sleep_ms(look_every_ms);
      quiet_ms += look_every_ms;
    }
  };
  return reply;
}

}  // namespace

Result<std::unique_ptr<Dashboard>> Dashboard::open(const DashboardOptions& options) {
  RETORT_TRY(RunStore::open(options.folder, StoreMode::Read));
  DashboardOptions mine = options;
  if (mine.key.empty()) mine.key = make_key();
  return std::unique_ptr<Dashboard>(std::make_unique<RunDashboard>(std::move(mine)));
}

}  // namespace retort
