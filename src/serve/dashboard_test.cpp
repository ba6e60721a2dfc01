// Who is let in, and what is answered: the routes without a socket.
#include "serve/dashboard.h"

#include "base/test.h"
#include "serve/synthetic_run.h"
#include "serve/view_guard.h"
#include "serve/web_page.h"

namespace retort {
namespace {

const SyntheticOptions kSmall{.rounds = 2, .seeds = 40, .fresh = 10, .per_kind = 2};
const std::string kKey(64, 'a');

HttpServerRequest get(const std::string& path, HttpHeaders headers = {{"host", "127.0.0.1:8080"}}) {
  HttpServerRequest request;
  request.method = "GET";
  request.path = path;
  request.headers = std::move(headers);
  return request;
}

struct Served {
  TemporaryFolder folder;
  std::unique_ptr<Dashboard> dashboard;
  std::string cookie;
  explicit Served(const SyntheticOptions& options = kSmall) {
    write_synthetic_run(folder.path(), options);
    dashboard = or_throw(Dashboard::open({.folder = folder.path(), .key = kKey}));
    HttpServerRequest request = get("/api/session");
    request.method = "POST";
    request.body = "{\"key\":\"" + kKey + "\"}";
    const HttpServerReply reply = *dashboard->respond(request);
    for (const auto& [name, value] : reply.headers)
      if (name == "Set-Cookie") cookie = value.substr(0, value.find(';'));
  }
  HttpServerReply ask(const std::string& path, const std::string& query = "") {
    HttpServerRequest request = get(path, {{"host", "localhost:8080"}, {"cookie", cookie}});
    request.query = query;
    return *dashboard->respond(request);
  }
};

TEST_CASE("only this machine's own names are loopback") {
  for (const char* host :
       {"localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "127.8.9.10:65535", "[::1]", "[::1]:80"})
    CHECK_MESSAGE(is_loopback_authority(host), host);
  for (const char* host : {"", "evil.example", "127.evil.example", "127.0.0.1.evil.example",
                           "localhost.evil.example", "127.0.0.1:80@evil.example", "127.0.0", "127.0.0.256",
                           "127.0.0.1:", "127.0.0.1:99999", "[::2]", "[::1]x", "[::1", "10.0.0.1",
                           "localhost:80:80", "LOCALHOST.", "0127.0.0.1", "127.0.0.1.", "1270.0.1"})
    CHECK_MESSAGE(!is_loopback_authority(host), host);
}

TEST_CASE("a name that was rebound to this machine is refused on every route") {
  Served served;
  for (const char* path : {"/", "/assets/app.js", "/api/run", "/api/session", "/api/events"}) {
    CHECK(served.dashboard->respond(get(path, {{"host", "evil.example:8080"}}))->status == 403);
    CHECK(served.dashboard->respond(get(path, {}))->status == 403);
    CHECK(served.dashboard->respond(get(path, {{"host", "127.0.0.1"}, {"host", "evil.example"}}))->status ==
          403);
  }
}

TEST_CASE("another site's page is refused, and so is its form") {
  Served served;
  const std::vector<HttpHeaders> strangers = {{{"origin", "http://evil.example"}},
                                              {{"origin", "null"}},
                                              {{"origin", "http://127.0.0.1:9999"}},
                                              {{"sec-fetch-site", "cross-site"}},
                                              {{"sec-fetch-site", "same-site"}}};
  for (HttpHeaders headers : strangers) {
    headers.emplace_back("host", "127.0.0.1:8080");
    headers.emplace_back("cookie", served.cookie);
    CHECK(served.dashboard->respond(get("/api/run", headers))->status == 403);
  }
}

TEST_CASE("without the key there is a page and no data") {
  Served served;
  CHECK(served.dashboard->respond(get("/api/run"))->status == 401);
  CHECK(served.dashboard->respond(get("/"))->status == (kWebScript.empty() ? 503 : 200));
  HttpServerRequest wrong = get("/api/session");
  wrong.method = "POST";
  for (const char* body : {"", "{}", "{\"key\":1}", "{\"key\":\"\"}", "[[[[[["}) {
    wrong.body = body;
    CHECK(served.dashboard->respond(wrong)->status == 401);
  }
  CHECK(served.ask("/api/none").status == 404);
}

TEST_CASE("what is not the dashboard's is another's to answer") {
  Served served;
  for (const char* path : {"/v1/models", "/health", "/metrics", "/index.html", "/apix", ""})
    CHECK(!served.dashboard->respond(get(path)).has_value());
}

TEST_CASE("every answer says that nothing of another's runs here") {
  Served served;
  for (const char* path : {"/", "/assets/app.js", "/assets/../run.db", "/api/run", "/api/none"}) {
    HttpServerReply reply = *served.dashboard->respond(get(path));
    std::map<std::string, std::string> headers(reply.headers.begin(), reply.headers.end());
    CHECK(headers["Content-Security-Policy"].find(
              "default-src 'none'; script-src 'self'; style-src 'self'") == 0);
    CHECK(headers["X-Content-Type-Options"] == "nosniff");
    CHECK(headers.count("Access-Control-Allow-Origin") == 0);
  }
}

TEST_CASE("nothing can be changed by asking") {
  Served served;
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    HttpServerRequest request = get("/api/run", {{"host", "localhost"}, {"cookie", served.cookie}});
    request.method = method;
    CHECK(served.dashboard->respond(request)->status == 405);
  }
}

TEST_CASE("a hash is written as a Content-Security-Policy wants it") {
  CHECK(csp_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  CHECK(csp_hash("alert(1)") == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
}

TEST_CASE("values of a query are decoded once") {
  CHECK(query_value("a=1&b=x%20y+z", "b") == "x y z");
  CHECK(query_value("a=%2541", "a") == "%41");
  CHECK(!query_value("a=%ff", "a").has_value());
  CHECK(!query_value("ab=1", "a").has_value());
  CHECK(query_value("a=%4", "a") == "%4");
}

}  // namespace
}  // namespace retort
