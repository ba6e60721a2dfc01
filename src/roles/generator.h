// The generator: one seed instruction in, one new instruction out (specs/lion.md §4.1). Hard: same domain and
// same task; easy: same domain, rarer.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "chat/chat.h"
#include "data/instruction.h"
#include "roles/prompt.h"

namespace retort {

enum class WriteMode { SameTask, Rarer };  // Lion's "hard" and "easy" prompts

struct WriteRequest {
  std::string seed_text;
  WriteMode mode = WriteMode::SameTask;
  int64_t attempt_index = 0;  // makes two requests from one seed different calls (the call's sample index)
};
struct Draft {
  std::string text;  // stripped of white space and of one pair of surrounding quotes; the filters judge it
                     // (pool/filters.h)
  Finish finish = Finish::Stop;
  std::string call_key;
};

// The draft that a reply holds, as the model wrote it but for what stands round it; a failed call's error.
Result<Draft> read_draft(const Result<ChatReply>& reply);

class Generator {
 public:
  struct Options {
    double temperature = 1.0;           // Lion
    double top_p = 1.0;                 // Lion
    double tokens_per_seed_word = 4.0;  // Lion: the reply is cut at 4 x the words of the seed
    int64_t tokens_min = 64;  // floor, so that short seeds and scripts without spaces end; 0: Lion's own rule
  };
  Generator(Chat& chat, Prompt same_task, Prompt rarer, Options options);
  std::vector<Result<Draft>> write(std::span<const WriteRequest> requests);

 private:
  Chat& chat_;
  Prompt same_task_, rarer_;
  Options options_;
};

}  // namespace retort
