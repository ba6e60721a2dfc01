#include "serve/view_guard.h"

#include <sys/random.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/format.h"
#include "base/utf8.h"

namespace retort {
namespace {

// The values of a header, of which there should be one.
std::vector<std::string_view> header_values(const HttpServerRequest& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : request.headers)
    if (key == name) values.push_back(value);
  return values;
}

bool is_number_below(std::string_view text, int limit) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 && value < limit;
}

// "127.0.0.1": four numbers, the first of them 127.
bool is_loopback_address(std::string_view text) {
  int parts = 0;
  while (true) {
    const size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.size() > 3 || !is_number_below(part, 256) || (parts == 0 && part != "127")) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(16 * hex_digit(text[i + 1]) + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

bool is_loopback_authority(std::string_view host) {
  if (host.starts_with("[::1]")) {
    host.remove_prefix(5);
    return host.empty() || (host[0] == ':' && is_number_below(host.substr(1), 65'536));
  }
  const size_t colon = host.find(':');
  if (colon != std::string_view::npos && !is_number_below(host.substr(colon + 1), 65'536)) return false;
  const std::string_view name = host.substr(0, colon);
  return name == "localhost" || is_loopback_address(name);
}

std::optional<std::string> refusal(const HttpServerRequest& request, std::span<const std::string> hosts) {
  const std::vector<std::string_view> host = header_values(request, "host");
  if (host.size() != 1) return "a request must name one host";
  if (!is_loopback_authority(host[0]) && std::find(hosts.begin(), hosts.end(), host[0]) == hosts.end())
    return "this server is asked by its address on this machine (127.0.0.1 or localhost) only";
  for (std::string_view origin : header_values(request, "origin"))
    if (origin != format("http://{}", host[0]) && origin != format("https://{}", host[0]))
      return "another site's page may not ask this server";
  for (std::string_view site : header_values(request, "sec-fetch-site"))
    if (site == "cross-site" || site == "same-site")
      if (request.path != "/") return "another site's page may not ask this server";
  return std::nullopt;
}

std::string make_key() {
  unsigned char bytes[32];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
    throw RunError(ErrorCode::Unreadable, "the system gives no random numbers, so no key can be made");
  std::string key;
  for (unsigned char byte : bytes) key += format("{:02x}", byte);
  return key;
}

bool same_key(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

std::optional<std::string> cookie(const HttpServerRequest& request, std::string_view name) {
  for (std::string_view line : header_values(request, "cookie"))
    while (!line.empty()) {
      const size_t end = std::min(line.find(';'), line.size());
      std::string_view pair = line.substr(0, end);
      while (!pair.empty() && pair[0] == ' ') pair.remove_prefix(1);
      line.remove_prefix(std::min(end + 1, line.size()));
      if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
        return std::string(pair.substr(name.size() + 1));
    }
  return std::nullopt;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    std::string value = decoded(pair.substr(equals + 1));
    return valid_utf8(value) ? std::optional(std::move(value)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace retort
