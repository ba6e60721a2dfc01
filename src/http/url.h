// Which addresses we may talk to: https anywhere, http only on this machine (a key never crosses a network
// in the clear), no user name in the address, nothing else.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace retort {

struct HttpUrl {
  std::string scheme;  // "http" or "https"
  std::string host;    // as the address has it, lower case; IPv6 in brackets
  bool loopback = false;
};

// InvalidArgument with what to write instead.
Result<HttpUrl> parse_http_url(std::string_view url);

// True for 127.0.0.0/8, ::1 and "localhost": decided on the parsed address, so "127.evil.com" is none.
bool is_loopback_host(std::string_view host);

}  // namespace retort
