#include "roles/rewriter.h"

#include "base/hash.h"
#include "base/words.h"
#include "roles/fence.h"

namespace retort {
namespace {

constexpr AnswerStyle kRewritten[] = {AnswerStyle::Derivation, AnswerStyle::Code,  AnswerStyle::Debug,
                                      AnswerStyle::Format,     AnswerStyle::Voice, AnswerStyle::Knowledge,
                                      AnswerStyle::Language};

Error unparsable(std::string_view reason) { return {ErrorCode::Unparsable, std::string(reason)}; }

Result<Answer> to_answer(const Result<ChatReply>& reply, std::string_view mark) {
  if (!reply) return reply.error();
  if (reply->finish == Finish::Length) return unparsable("truncated");
  if (reply->finish == Finish::Filter) return Error{ErrorCode::Filtered, "filtered"};
  return Answer{.text = RETORT_TRY(parse_rewriter_reply(reply->text, mark)),
                .finish = reply->finish,
                .tokens_in = reply->tokens_in,
                .tokens_out = reply->tokens_out,
                .call_key = reply->call_key};
}

}  // namespace

std::string_view style_name(AnswerStyle style) {
  switch (style) {
    case AnswerStyle::Derivation:
      return "derivation";
    case AnswerStyle::Code:
      return "code";
    case AnswerStyle::Debug:
      return "debug";
    case AnswerStyle::Format:
      return "format";
    case AnswerStyle::Voice:
      return "voice";
    case AnswerStyle::Knowledge:
      return "knowledge";
    case AnswerStyle::Language:
      return "language";
    case AnswerStyle::Policy:
      break;
  }
  RETORT_CHECK(false, "style {} is never rewritten", static_cast<int>(style));
}

AnswerStyle style_of_kind(std::string_view kind) {
  const TaskLabel* label = find_task_label(kind);
  return label == nullptr ? AnswerStyle::Knowledge : label->style;
}

Result<std::string> parse_rewriter_reply(std::string_view text, std::string_view mark) {
  const std::string begin = format("[{} new answer begins]", mark),
                    end = format("[{} new answer ends]", mark);
  const size_t from = text.find(begin), to = text.find(end);
  const bool whole = from != text.npos && to != text.npos && from + begin.size() <= to &&
                     text.find(begin, from + 1) == text.npos && text.find(end, to + 1) == text.npos;
  if (!whole) return unparsable("no new answer");
  text = text.substr(from + begin.size(), to - from - begin.size());
  // The rest of the fence's line is none of the answer; the indentation of its first line is.
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return unparsable("the new answer is empty");
  const size_t line_end = text.substr(0, first).rfind('\n');
  if (line_end != text.npos) text.remove_prefix(line_end + 1);
  return std::string(trim_end(text));
}

ChatSampling Rewriter::default_sampling() { return {.temperature = 0.7, .tokens_max = 2048}; }

Result<std::map<AnswerStyle, Prompt>> Rewriter::load_prompts(const Path& path) {
  std::map<AnswerStyle, Prompt> prompts;
  for (AnswerStyle style : kRewritten)
    prompts.emplace(style, RETORT_TRY(Prompt::load(path, format("rewrite_{}", style_name(style)))));
  return prompts;
}

Rewriter::Rewriter(Chat& chat, std::map<AnswerStyle, Prompt> prompts, ChatSampling sampling, uint64_t seed)
    : chat_(chat), prompts_(std::move(prompts)), sampling_(std::move(sampling)), seed_(seed) {}

std::vector<Result<Answer>> Rewriter::rewrite(std::span<const RewriteRequest> requests) {
  std::vector<ChatRequest> chat_requests;
  std::vector<std::string> marks;
  for (const RewriteRequest& request : requests) {
    const Prompt& prompt = prompts_.at(request.style);
    const std::string_view fenced[] = {request.instruction, request.answer};
    marks.push_back(fence_mark(
        format("rewrite/{}/{}", seed_, sha256_hex(request.instruction + '\0' + request.answer)), fenced));
    ChatSampling sampling = sampling_;
    sampling.prompt_hash = prompt.hash();
    chat_requests.push_back(
        {.role = "rewriter",
         .messages = prompt.render(
             {{"instruction", request.instruction}, {"answer", request.answer}, {"nonce", marks.back()}}),
         .sampling = sampling});
  }
  const std::vector<Result<ChatReply>> replies = chat_.ask(chat_requests);
  std::vector<Result<Answer>> answers;
  for (size_t i = 0; i < replies.size(); ++i) answers.push_back(to_answer(replies[i], marks[i]));
  return answers;
}

}  // namespace retort
