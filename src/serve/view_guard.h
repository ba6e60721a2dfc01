// Who may ask: a browser under one of this machine's own names (no DNS rebinding), from a page of this very
// server (no cross origin), with the key. Nothing here looks at the run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/server.h"

namespace retort {

// Whether the Host header names loopback: "localhost", an address of 127.0.0.0/8 or "[::1]", written exactly,
// with a port or without. "127.evil.example" and "localhost.evil.example" do not.
bool is_loopback_authority(std::string_view host);
// Why the request is refused before anything is looked at; nothing when it is let in. A missing or repeated
// Host, one that is neither loopback nor in `hosts`, an Origin that is not "http://" + Host (or https), or a
// Sec-Fetch-Site of another site.
std::optional<std::string> refusal(const HttpServerRequest& request, std::span<const std::string> hosts);

// 64 hex digits from the system's random numbers.
std::string make_key();
// In a time that does not depend on where they differ.
bool same_key(std::string_view a, std::string_view b);
// The value of a cookie in the request; nothing without one.
std::optional<std::string> cookie(const HttpServerRequest& request, std::string_view name);
// The value of "a" in "a=1&b=%20x", decoded; nothing when it is not there or not valid UTF-8.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace retort
