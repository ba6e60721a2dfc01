// What an LLM's API sends back: OpenAI's chat completions, Anthropic's messages, whole or as a stream. The
// reply itself says which it is. All of it total: any bytes give a value or an Error.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "chat/price.h"

namespace retort {

// The API's own words on what went wrong, for a person: error.message where the body has one, else the
// beginning of the body; one line, safe to print, cut.
std::string reply_error_text(std::string_view body);
// error.code or error.type, lower case; empty when there is none.
std::string reply_error_code(std::string_view body);

// 0 where the reply does not say.
TokenUsage reply_usage(std::string_view body);
// Whether a stream came to its end; anything that is no stream is whole.
Result<void> check_whole(std::string_view body);

}  // namespace retort
