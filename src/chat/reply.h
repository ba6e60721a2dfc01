// What a chat completions API sends back. All of it total: any bytes give a value or an Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retort {

// The API's own words on what went wrong, for a person: error.message where the body has one, else the
// beginning of the body; one line, safe to print, cut.
std::string reply_error_text(std::string_view body);
// error.code or error.type, lower case; empty when there is none.
std::string reply_error_code(std::string_view body);

struct ReplyUsage {
  int64_t tokens_in = 0, tokens_out = 0;
};
// 0 where the reply does not say.
ReplyUsage reply_usage(std::string_view body);

}  // namespace retort
