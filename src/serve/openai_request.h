// A request for a completion, read strictly: what it asks for, or the error that OpenAI's API gives for it.
// What it knows and cannot do is refused by name, never passed over.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "serve/openai_error.h"
#include "student/live.h"

namespace retort {

enum class Endpoint { Chat, Completions };

struct CompletionRequest {
  using TextPrompt = std::variant<std::string, std::vector<int32_t>>;
  Endpoint endpoint = Endpoint::Chat;
  std::string model;
  std::vector<Message> messages;    // of a chat
  std::vector<TextPrompt> prompts;  // of a completion: texts or token ids
  LiveSettings settings;
  bool streams = false;
  bool tells_usage = false;  // a stream: its last chunk is the usage
};

// Of a request that names no seed: `fresh_seed`.
std::variant<CompletionRequest, ApiError> parse_completion(Endpoint endpoint, std::string_view body,
                                                           uint64_t fresh_seed);

}  // namespace retort
