#include "http/url.h"

#include "base/test.h"

namespace retort {
namespace {

TEST_CASE("https goes anywhere, http only to this machine") {
  for (const char* url : {"https://api.example.com/v1", "https://10.0.0.1:8443/v1", "HTTPS://API.example.com",
                          "http://127.0.0.1:80/v1", "http://127.255.0.3/", "http://localhost:11434/v1",
                          "http://[::1]:8000/v1", "http://[::1]"}) {
    INFO(url);
    CHECK(parse_http_url(url).has_value());
  }
  for (const char* url :
       {"http://api.example.com/v1", "http://10.0.0.1/", "http://0.0.0.0/", "http://169.254.169.254/",
        "http://127.evil.com/", "http://localhost.evil.com/", "http://[::2]/", "http://127.1/"}) {
    INFO(url);
    CHECK_FALSE(parse_http_url(url).has_value());
  }
}

TEST_CASE("what is no address, or one that parsers read differently, is refused") {
  for (const char* url : {"",
                          "api.example.com",
                          "ftp://127.0.0.1/",
                          "file:///etc/passwd",
                          "https://",
                          "https:///v1",
                          "https://:80/",
                          "https://h:0/",
                          "https://h:99999/",
                          "https://h:8o/",
                          "https://h:/",
                          "https://[::1",
                          "https://[::1]x/",
                          "https://a b/",
                          "https://h\n/",
                          "https://h\\@evil/",
                          "https://user@h/",
                          "https://user:pass@h/",
                          "http://127.0.0.1;evil.com/",
                          "http://127.0.0.1%2eevil.com/",
                          "https://h\xc3\xa9/"}) {
    INFO(url);
    CHECK_FALSE(parse_http_url(url).has_value());
  }
}

TEST_CASE("host and loopback are told, lower case") {
  HttpUrl url = *parse_http_url("https://API.Example.com:8443/v1?x#y");
  CHECK(url.scheme == "https");
  CHECK(url.host == "api.example.com");
  CHECK_FALSE(url.loopback);
  CHECK(parse_http_url("https://127.0.0.1/")->loopback);
}

TEST_CASE("the message never shows a password") {
  CHECK(parse_http_url("https://me:canary@h/").error().message.find("canary") == std::string::npos);
}

}  // namespace
}  // namespace retort
