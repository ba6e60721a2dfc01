#include "practice/question.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/hash.h"
#include "base/json.h"

namespace retort::practice {
namespace {

Error bad(std::string message) { return {ErrorCode::BadRequest, std::move(message)}; }

bool present(const Json* value) { return value != nullptr && !value->is_null(); }

// A content is a string, or a list of parts of type "text".
Result<std::string> parse_content(const Json& content, size_t index) {
  if (content.is_string()) return std::string(content.string_or(""));
  if (!content.is_array())
    return bad(format("messages[{}].content must be a string or a list of text parts", index));
  std::string text;
  for (const Json& part : content.items()) {
    if (part.at_path("type").string_or("") != "text" || !part.at_path("text").is_string())
      return bad(
          format("messages[{}].content holds a part that is no text; this server reads text only", index));
    text += part.at_path("text").string_or("");
  }
  return text;
}

Result<std::vector<ChatMessage>> parse_messages(const Json* messages) {
  if (!present(messages) || !messages->is_array() || messages->items().empty())
    return bad("messages must be a list of at least one message");
  std::vector<ChatMessage> out;
  for (const Json& message : messages->items()) {
    size_t index = out.size();
    if (!message.is_object()) return bad(format("messages[{}] must be an object", index));
    std::string_view role = message.at_path("role").string_or("");
    if (role == "developer") role = "system";
    if (role != "system" && role != "user" && role != "assistant")
      return bad(format("messages[{}].role must be system, developer, user or assistant", index));
    out.push_back({std::string(role), RETORT_TRY(parse_content(message.at_path("content"), index))});
  }
  return out;
}

Result<std::vector<std::string>> parse_stop(const Json* stop) {
  std::vector<std::string> out;
  if (!present(stop)) return out;
  if (stop->is_string()) return std::vector<std::string>{std::string(stop->string_or(""))};
  if (!stop->is_array() || stop->items().size() > 4)
    return bad("stop must be a string or a list of at most four");
  for (const Json& item : stop->items()) {
    if (!item.is_string()) return bad("stop must hold strings");
    out.emplace_back(item.string_or(""));
  }
  return out;
}

// max_completion_tokens is the newer name and wins.
Result<std::optional<int64_t>> parse_tokens_max(const Json& request) {
  for (const char* name : {"max_completion_tokens", "max_tokens"}) {
    const Json* value = request.find(name);
    if (!present(value)) continue;
    if (!value->is_integer() || value->integer_or(0) < 1)
      return bad(format("{} must be an integer of at least 1", name));
    return std::optional<int64_t>(value->integer_or(0));
  }
  return std::optional<int64_t>();
}

Result<void> check_sampling(const Json& request) {
  struct Range {
    const char* name;
    double lo, hi;
  };
  for (const Range& range : {Range{"temperature", 0, 2}, Range{"top_p", 0, 1}}) {
    const Json* value = request.find(range.name);
    if (!present(value)) continue;
    double number = value->number_or(-1);
    if (!value->is_number() || number < range.lo || number > range.hi)
      return bad(format("{} must be a number from {} to {}", range.name, range.lo, range.hi));
  }
  if (const Json* seed = request.find("seed"); present(seed) && !seed->is_integer())
    return bad("seed must be an integer");
  if (const Json* n = request.find("n"); present(n) && n->integer_or(0) != 1)
    return bad("n must be 1; ask again with another seed for another answer");
  if (const Json* stream = request.find("stream");
      present(stream) && (!stream->is_bool() || stream->bool_or(true)))
    return bad("this server does not stream; send stream false or leave it out");
  return {};
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

struct Cut {
  int64_t tokens = 0;  // in text.substr(0, bytes)
  size_t bytes = 0;
};
// The longest start of `text` that has at most `tokens_max` tokens.
Cut cut_to_tokens(std::string_view text, int64_t tokens_max) {
  Cut cut;
  int in_piece = 0;  // code points of the piece that is open
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_space(text[i])) {
      in_piece = 0;
    } else if (!continues_code_point(text[i])) {
      if (in_piece == 0 && cut.tokens == tokens_max) return cut;
      if (in_piece == 0) ++cut.tokens;
      in_piece = (in_piece + 1) % 4;
    }
    cut.bytes = i + 1;
  }
  return cut;
}

}  // namespace

uint64_t Question::stream() const {
  uint64_t bits = 0;
  std::from_chars(hash.data(), hash.data() + std::min<size_t>(hash.size(), 16), bits, 16);
  return bits;
}

Result<Question> parse_question(std::string_view body) {
  Result<Json> request = parse_json(body);
  if (!request) return bad("the body is no JSON: " + request.error().message);
  if (!request->is_object()) return bad("the body must be a JSON object");
  if (!request->at_path("model").is_string()) return bad("model must be a string");
  Question question;
  question.messages = RETORT_TRY(parse_messages(request->find("messages")));
  question.tokens_max = RETORT_TRY(parse_tokens_max(*request));
  question.stop = RETORT_TRY(parse_stop(request->find("stop")));
  if (Result<void> checked = check_sampling(*request); !checked) return checked.error();
  if (request->at_path("logprobs").bool_or(false))
    question.top_logprobs = request->at_path("top_logprobs").integer_or(0);
  question.hash = sha256_hex(request->canonical());
  return question;
}

// Of the one token of `text`; null where nobody asked or nothing is known.
static Json logprobs_json(const Question& question, std::string_view text, const TokenShares& top) {
  if (question.top_logprobs == 0 || top.empty()) return {};
  Json tops = Json::array();
  double own = 0;
  for (const auto& [token, share] : top) {
    const double logprob = std::log(std::max(share, 1e-30));
    if (token == text) own = logprob;
    tops.push(Json::object().set("token", token).set("logprob", logprob));
  }
  Json token = Json::object().set("token", text).set("logprob", own).set("top_logprobs", std::move(tops));
  return Json::object().set("content", Json::array().push(std::move(token)));
}

int64_t count_tokens(std::string_view text) { return cut_to_tokens(text, INT64_MAX).tokens; }

std::string completion_json(const Question& question, std::string_view text, const TokenShares& top) {
  for (const std::string& stop : question.stop)
    if (!stop.empty()) text = text.substr(0, text.find(stop));
  Cut cut = cut_to_tokens(text, question.tokens_max.value_or(INT64_MAX));
  Finish finish = cut.bytes < text.size() ? Finish::Length : Finish::Stop;
  int64_t tokens_in = 0;
  for (const ChatMessage& message : question.messages) tokens_in += count_tokens(message.content);

  Json message = Json::object().set("role", "assistant").set("content", text.substr(0, cut.bytes));
  Json choice = Json::object();
  choice.set("index", 0)
      .set("message", std::move(message))
      .set("logprobs", logprobs_json(question, text, top));
  choice.set("finish_reason", finish_name(finish));
  Json usage = Json::object();
  usage.set("prompt_tokens", tokens_in).set("completion_tokens", cut.tokens);
  usage.set("total_tokens", tokens_in + cut.tokens);
  Json reply = Json::object();
  reply.set("id", "chatcmpl-" + question.hash.substr(0, 24))
      .set("object", "chat.completion")
      .set("created", 0);
  reply.set("model", kTeacherModel).set("system_fingerprint", kTeacherNote);
  reply.set("choices", Json::array().push(std::move(choice))).set("usage", std::move(usage));
  return reply.dump();
}

std::string error_json(std::string_view message, std::string_view type, std::string_view code) {
  Json error = Json::object();
  error.set("message", message).set("type", type).set("param", nullptr);
  error.set("code", code.empty() ? Json() : Json(code));
  return Json::object().set("error", std::move(error)).dump();
}

}  // namespace retort::practice
