// Server-sent events (WHATWG HTML, 9.2.6): a stream's bytes as they were stored, into its events. Total: any
// bytes give events; lines may end in LF, CRLF or CR, comments and unknown fields are passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retort {

struct SseEvent {
  std::string event;  // empty where the stream names none
  std::string data;   // several data lines are joined by a line feed
};

// An event that its stream did not end with an empty line is none: it was cut.
std::vector<SseEvent> parse_sse(std::string_view bytes);

}  // namespace retort
