// The rewriter: gives an answer the style that its task wants (specs/tapir.md §1.7; one prompt a style). The
// new answer stands between two lines that carry the request's own mark, so that a preface, a cut or an
// answer that quotes the layout cannot be taken for it. Whether it is better is the referee's to say.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat.h"
#include "data/answer.h"
#include "data/task_label.h"
#include "roles/prompt.h"

namespace retort {

// "derivation" for prompts/rewrite_derivation.txt. Requires a style that is rewritten (not Policy).
std::string_view style_name(AnswerStyle style);
// Of an instruction's kind; a kind that is no task label is answered as knowledge is.
AnswerStyle style_of_kind(std::string_view kind);

struct RewriteRequest {
  std::string instruction, answer;
  AnswerStyle style = AnswerStyle::Knowledge;
};

// What stands between the fences of a reply, without margins. Unparsable with a fixed reason: no new answer
// (a fence is missing or stands twice), empty.
Result<std::string> parse_rewriter_reply(std::string_view text, std::string_view mark);

class Rewriter {
 public:
  static ChatSampling default_sampling();
  // Ours; or one prompt of the user's own for all styles, where `path` is not empty.
  static Result<std::map<AnswerStyle, Prompt>> load_prompts(const Path& path);
  // `seed` makes the delimiters.
  Rewriter(Chat& chat, std::map<AnswerStyle, Prompt> prompts, ChatSampling sampling, uint64_t seed);
  // One entry a request, in order. Requires styles that are rewritten.
  std::vector<Result<Answer>> rewrite(std::span<const RewriteRequest> requests);

 private:
  Chat& chat_;
  std::map<AnswerStyle, Prompt> prompts_;
  ChatSampling sampling_;
  uint64_t seed_;
};

}  // namespace retort
