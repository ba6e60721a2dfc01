// A completion as OpenAI's API words it: one object when all is there, or server-sent events as it comes.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "serve/openai_request.h"

namespace retort {

// What is the same in every object of one reply.
struct ReplyHead {
  std::string id;           // "chatcmpl-..." or "cmpl-..."
  std::string model;        // as the server calls it
  std::string fingerprint;  // of what else decides the tokens
  int64_t created = 0;      // seconds since 1970
};

class ReplyWriter {
 public:
  ReplyWriter(const CompletionRequest& request, ReplyHead head, int64_t prompt_tokens, size_t prompts);

  // A whole reply: take what comes, then dump.
  void take(const LivePiece& piece);
  std::string whole() const;

  // A stream: what stands before the first piece, each piece's event (empty where it has nothing to tell),
  // and the end.
  std::string opening() const;
  std::string event(const LivePiece& piece);
  std::string closing() const;

  int64_t made_tokens() const;

 private:
  // A choice: one sample of one prompt.
  struct Choice {
    std::string text, finish;
    std::vector<LiveToken> tokens;  // of a whole reply
    int64_t token_count = 0;
    size_t characters = 0;  // of the tokens that a stream has told
  };

  size_t choice_of(const LivePiece& piece) const;
  Json head(const char* object) const;
  Json usage() const;
  Json chunk(size_t index, Json delta_or_text, Json log_probabilities, Json finish) const;
  Json log_probabilities_of(const std::vector<LiveToken>& told, size_t& characters) const;
  Json whole_choice(size_t index) const;

  Endpoint endpoint_;
  bool tells_usage_, has_detail_;
  size_t samples_;
  ReplyHead head_;
  int64_t prompt_tokens_;
  std::vector<Choice> choices_;
};

}  // namespace retort
