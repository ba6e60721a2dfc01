// A streamed reply as the whole one that the same API would have sent, so that there is one parser for both.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace retort {

// Whether the bytes are a stream of events and not a JSON text.
bool looks_like_stream(std::string_view raw);
// Chat completions' chunks, or Anthropic's message events. BadReply when the stream ends before its last
// word ([DONE], message_stop) and no finish reason came; ServerError for an error inside the stream.
Result<Json> join_stream(std::string_view raw);

}  // namespace retort
