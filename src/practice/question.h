// The teacher's end of the OpenAI chat completions format: a request body becomes a Question, a text becomes
// a completion, a refusal becomes an error object. Total: any bytes give a Question or a one-line Error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "chat/chat.h"
#include "data/answer.h"

namespace retort::practice {

// What a completion claims to be written by.
inline constexpr std::string_view kTeacherModel = "retort-practice-teacher";
inline constexpr std::string_view kTeacherNote = "rule-based stand-in, no LLM";

struct Question {
  std::string hash;  // SHA-256 of the canonical request, 64 hex digits: names the request in /stats
  std::vector<ChatMessage> messages;  // at least one; "developer" reads as "system"
  std::optional<int64_t> tokens_max;  // max_completion_tokens or max_tokens
  std::vector<std::string> stop;
  int64_t top_logprobs = 0;  // alternatives that are wanted of each token; 0: no log-probabilities
  uint64_t stream() const;   // for Random: the first 64 bits of the hash
};
// BadRequest for what is no chat completion request, and for what this server does not do (stream, n > 1).
Result<Question> parse_question(std::string_view body);

// Tokens as this server counts them: every run of non-white-space is cut into pieces of four code points.
// "Sort these: 12345" has 1 + 2 + 2 tokens.
int64_t count_tokens(std::string_view text);

// The body of a completion: `text` up to the first stop string, then up to `tokens_max` tokens (finish
// "length"). `created` is 0, so that a reply is a function of the request alone.
// `top`: the first token's probabilities, told as log-probabilities to whom asked for them; they are of an
// answer of one token.
using TokenShares = std::vector<std::pair<std::string, double>>;
std::string completion_json(const Question& question, std::string_view text, const TokenShares& top = {});

// {"error": {"message", "type", "param": null, "code"}}
std::string error_json(std::string_view message, std::string_view type, std::string_view code);

}  // namespace retort::practice
