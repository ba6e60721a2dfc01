#include "chat/sse.h"

namespace retort {
namespace {

// Takes a line and its end off the front; false at the end of the bytes, where a line without end is none.
bool take_line(std::string_view& bytes, std::string_view& line) {
  size_t end = bytes.find_first_of("\r\n");
  if (end == std::string_view::npos) return false;
  line = bytes.substr(0, end);
  bytes.remove_prefix(end + (bytes.substr(end, 2) == "\r\n" ? 2 : 1));
  return true;
}

}  // namespace

std::vector<SseEvent> parse_sse(std::string_view bytes) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  std::vector<SseEvent> events;
  SseEvent event;
  bool has_data = false;
  for (std::string_view line; take_line(bytes, line);) {
    if (line.empty()) {
      if (has_data) events.push_back(std::move(event));
      event = {};
      has_data = false;
      continue;
    }
    size_t colon = line.find(':');
    std::string_view field = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") event.event = value;
    if (field != "data") continue;
    if (has_data) event.data += '\n';
    event.data += value;
    has_data = true;
  }
  return events;
}

}  // namespace retort
