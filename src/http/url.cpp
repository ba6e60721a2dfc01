#include "http/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

#include "base/format.h"
#include "base/utf8.h"

namespace retort {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Error refuse(std::string_view url, std::string_view why) {
  return Error{ErrorCode::InvalidArgument,
               format("cannot use the address {}: {}", terminal_safe(url, 200), why)};
}

bool valid_port(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  int number = 0;
  for (char c : port) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  return number >= 1 && number <= 65535;
}

// "host", "host:port", "[::1]", "[::1]:port" -> host; empty when it is none of these.
std::string_view host_of(std::string_view authority) {
  size_t end = authority.find(':');
  if (authority.starts_with('[')) {
    size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return {};
    end = bracket + 1 < authority.size() ? bracket + 1 : std::string_view::npos;
  }
  if (end == std::string_view::npos) return authority;
  if (authority[end] != ':' || !valid_port(authority.substr(end + 1))) return {};
  return authority.substr(0, end);
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host == "localhost") return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::string text(host);
  in_addr v4;
  in6_addr v6;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Result<HttpUrl> parse_http_url(std::string_view url) {
  auto plain = [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; };
  if (!std::all_of(url.begin(), url.end(), plain))
    return refuse(url, "it holds a space or a character that an address cannot have");
  size_t colon = url.find("://");
  if (colon == std::string_view::npos)
    return refuse(url, "write it as https://host/v1 or http://127.0.0.1:port/v1");
  HttpUrl out;
  out.scheme = lower(url.substr(0, colon));
  if (out.scheme != "https" && out.scheme != "http")
    return refuse(url, "only https and http are spoken here");
  std::string_view authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos)
    return refuse("(hidden)", "it holds a user name or password; give the key by key_env instead");
  // With these characters alone every parser, libcurl's too, sees the same host.
  auto in_host = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-._:[]").find(c) != std::string_view::npos;
  };
  if (std::all_of(authority.begin(), authority.end(), in_host)) out.host = lower(host_of(authority));
  if (out.host.empty()) return refuse(url, "host or port is missing or malformed");
  out.loopback = is_loopback_host(out.host);
  if (out.scheme == "http" && !out.loopback)
    return refuse(url, "http is only for this machine (127.0.0.1, ::1, localhost); use https");
  return out;
}

}  // namespace retort
