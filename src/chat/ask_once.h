// One question to an endpoint, once: for a person at a terminal. Nothing is stored and nothing is asked
// again; a run asks through Chat (chat.h).
#pragma once

#include "chat/chat.h"

namespace retort {

// BadRequest, Unauthorized, RateLimited or ServerError with the API's own words, BadReply, or what the
// transport says.
Result<ChatReply> ask_once(const EndpointOptions& endpoint, const ChatRequest& request,
                           HttpTransport& transport);

}  // namespace retort
