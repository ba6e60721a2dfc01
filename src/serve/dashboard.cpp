#include "serve/dashboard.h"

#include "base/hash.h"
#include "base/json.h"
#include "serve/view_guard.h"
#include "serve/web_page.h"
#include "store/run_store.h"

namespace retort {
namespace {

constexpr size_t kQueryBytesMax = 8'192;
constexpr size_t kSessionBytesMax = 1'024;

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

class RunDashboard : public Dashboard {
 public:
  explicit RunDashboard(DashboardOptions options)
      : options_(std::move(options)), cookie_("retort_" + sha256_prefix(options_.key)) {}

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
  static std::string sha256_prefix(std::string_view key);
  // Takes the key that the page found behind the "#" and gives the cookie that stands for it from then on.
  HttpServerReply session(const HttpServerRequest& request);
  HttpServerReply answer_file(std::string_view path) const;
  HttpServerReply answer_api(const HttpServerRequest& request);

  DashboardOptions options_;
  std::string cookie_;  // its name, of this key: a cookie knows no port
};

std::string RunDashboard::sha256_prefix(std::string_view key) { return sha256_hex(key).substr(0, 12); }

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
  return problem(404, "there is no such view");
}

}  // namespace

Result<std::unique_ptr<Dashboard>> Dashboard::open(const DashboardOptions& options) {
  RETORT_TRY(RunStore::open(options.folder, StoreMode::Read));
  DashboardOptions mine = options;
  if (mine.key.empty()) mine.key = make_key();
  return std::unique_ptr<Dashboard>(std::make_unique<RunDashboard>(std::move(mine)));
}

}  // namespace retort
