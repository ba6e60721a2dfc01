#include "chat/stream.h"

#include <map>
#include <string>

#include "base/utf8.h"
#include "chat/reply.h"
#include "chat/sse.h"

namespace retort {
namespace {

// One sample of a chat completion, as far as its chunks have come.
struct Sample {
  std::string content, reasoning, refusal;
  Json finish, logprobs = Json::array();

  void add(const Json& choice) {
    const Json& delta = choice.at_path("delta");
    content += delta.at_path("content").string_or("");
    reasoning += delta.at_path("reasoning_content").string_or(delta.at_path("reasoning").string_or(""));
    refusal += delta.at_path("refusal").string_or("");
    for (const Json& token : choice.at_path("logprobs/content").items()) logprobs.push(token);
    if (!choice.at_path("finish_reason").is_null()) finish = choice.at_path("finish_reason");
  }

  Json whole() const {
    Json message = Json::object();
    message.set("role", "assistant").set("content", content);
    if (!reasoning.empty()) message.set("reasoning_content", reasoning);
    if (!refusal.empty()) message.set("refusal", refusal);
    Json choice = Json::object();
    choice.set("message", std::move(message)).set("finish_reason", finish);
    if (logprobs.size() > 0) choice.set("logprobs", Json::object().set("content", logprobs));
    return choice;
  }
};

class Completion {
 public:
  void add(const Json& chunk) {
    for (const Json& choice : chunk.at_path("choices").items())
      samples_[choice.at_path("index").integer_or(0)].add(choice);
    if (chunk.at_path("usage").is_object()) usage_ = chunk.at_path("usage");
  }
  bool finished() const {
    for (const auto& [index, sample] : samples_)
      if (sample.finish.is_null()) return false;
    return !samples_.empty();
  }
  Json whole() const {
    Json choices = Json::array();
    for (const auto& [index, sample] : samples_) choices.push(sample.whole());
    return Json::object().set("choices", std::move(choices)).set("usage", usage_);
  }

 private:
  std::map<int64_t, Sample> samples_;
  Json usage_;
};

class Message {
 public:
  void add(const Json& event) {
    std::string_view type = event.at_path("type").string_or("");
    if (type == "message_start") merge_usage(event.at_path("message/usage"));
    if (type == "content_block_delta") {
      Block& block = blocks_[event.at_path("index").integer_or(0)];
      block.text += event.at_path("delta/text").string_or("");
      block.thinking += event.at_path("delta/thinking").string_or("");
    }
    if (type == "message_delta") {
      stop_ = event.at_path("delta/stop_reason");
      merge_usage(event.at_path("usage"));
    }
  }
  bool finished() const { return !stop_.is_null(); }
  Json whole() const {
    Json content = Json::array();
    for (const auto& [index, block] : blocks_) {
      if (!block.thinking.empty())
        content.push(Json::object().set("type", "thinking").set("thinking", block.thinking));
      if (!block.text.empty()) content.push(Json::object().set("type", "text").set("text", block.text));
    }
    return Json::object()
        .set("type", "message")
        .set("content", std::move(content))
        .set("stop_reason", stop_)
        .set("usage", usage_);
  }

 private:
  struct Block {
    std::string text, thinking;
  };
  void merge_usage(const Json& usage) {
    for (const auto& [name, value] : usage.members())
      if (!value.is_null()) usage_.set(name, value);
  }
  std::map<int64_t, Block> blocks_;
  Json stop_, usage_ = Json::object();
};

template <class Reply>
Result<Json> whole(const Reply& reply) {
  if (!reply.finished()) return Error{ErrorCode::BadReply, "the stream ended before the reply was whole"};
  return reply.whole();
}

}  // namespace

bool looks_like_stream(std::string_view raw) {
  size_t first = raw.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (first == std::string_view::npos) return false;
  raw.remove_prefix(first);
  return raw.starts_with("data:") || raw.starts_with("event:") || raw.starts_with(':');
}

Result<Json> join_stream(std::string_view raw) {
  Completion completion;
  Message message;
  bool is_message = false;
  for (const SseEvent& event : parse_sse(raw)) {
    if (event.data == "[DONE]") break;
    Result<Json> data = parse_json(event.data);
    if (!data)
      return Error{ErrorCode::BadReply, "an event of the stream is no JSON: " + data.error().message};
    if (const Json& error = data->at_path("error"); !error.is_null())
      return Error{ErrorCode::ServerError, "the stream ended with an error: " + reply_error_text(event.data)};
    is_message = is_message || data->at_path("type").string_or("") == "message_start";
    completion.add(*data);
    message.add(*data);
  }
  return is_message ? whole(message) : whole(completion);
}

}  // namespace retort
