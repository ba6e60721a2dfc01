#include "serve/openai_reply.h"

#include "base/utf8.h"

namespace retort {
namespace {

std::string sse(const Json& json) { return "data: " + json.dump() + "\n\n"; }

Json bytes_json(std::string_view bytes) {
  Json all = Json::array();
  for (char c : bytes) all.push(static_cast<int>(static_cast<unsigned char>(c)));
  return all;
}

template <class Token>
Json token_json(const Token& token) {
  Json json = Json::object();
  json.set("token", replace_invalid_utf8(token.bytes)).set("logprob", token.log_probability);
  return json.set("bytes", bytes_json(token.bytes));
}

// A chat's: {"content": [...], "refusal": null}.
Json chat_log_probabilities(const std::vector<LiveToken>& tokens) {
  Json content = Json::array();
  for (const LiveToken& token : tokens) {
    Json others = Json::array();
    for (const LiveToken::Other& other : token.likeliest) others.push(token_json(other));
    content.push(token_json(token).set("top_logprobs", std::move(others)));
  }
  return Json::object().set("content", std::move(content)).set("refusal", Json());
}

size_t characters_in(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

ReplyWriter::ReplyWriter(const CompletionRequest& request, ReplyHead head, int64_t prompt_tokens,
                         size_t prompts)
    : endpoint_(request.endpoint),
      tells_usage_(request.tells_usage),
      has_detail_(request.settings.detail == TokenDetail::LogProbabilities),
      samples_(static_cast<size_t>(request.settings.samples)),
      head_(std::move(head)),
      prompt_tokens_(prompt_tokens),
      choices_(prompts * samples_) {}

size_t ReplyWriter::choice_of(const LivePiece& piece) const {
  return static_cast<size_t>(piece.request) * samples_ + piece.sample;
}

int64_t ReplyWriter::made_tokens() const {
  int64_t count = 0;
  for (const Choice& choice : choices_) count += choice.token_count;
  return count;
}

Json ReplyWriter::usage() const {
  Json usage = Json::object();
  usage.set("prompt_tokens", prompt_tokens_).set("completion_tokens", made_tokens());
  return usage.set("total_tokens", prompt_tokens_ + made_tokens());
}

Json ReplyWriter::head(const char* object) const {
  Json json = Json::object();
  json.set("id", head_.id).set("object", object).set("created", head_.created).set("model", head_.model);
  return json.set("system_fingerprint", head_.fingerprint);
}

Json ReplyWriter::log_probabilities_of(const std::vector<LiveToken>& told, size_t& characters) const {
  if (!has_detail_) return Json();
  if (endpoint_ == Endpoint::Chat) return chat_log_probabilities(told);
  // A completion's: four arrays beside each other; offsets in characters.
  Json tokens = Json::array(), own = Json::array(), top = Json::array(), offsets = Json::array();
  for (const LiveToken& token : told) {
    const std::string text = replace_invalid_utf8(token.bytes);
    tokens.push(text);
    own.push(token.log_probability);
    Json others = Json::object();
    for (const LiveToken::Other& other : token.likeliest)
      others.set(replace_invalid_utf8(other.bytes), other.log_probability);
    if (!token.likeliest.empty()) others.set(text, token.log_probability);  // wherever it stood
    top.push(token.likeliest.empty() ? Json() : std::move(others));
    offsets.push(characters);
    characters += characters_in(text);
  }
  Json all = Json::object();
  all.set("tokens", std::move(tokens)).set("token_logprobs", std::move(own));
  return all.set("top_logprobs", std::move(top)).set("text_offset", std::move(offsets));
}

void ReplyWriter::take(const LivePiece& piece) {
  Choice& choice = choices_[choice_of(piece)];
  choice.text += piece.text;
  choice.token_count = piece.token_count;
  choice.tokens.insert(choice.tokens.end(), piece.tokens.begin(), piece.tokens.end());
  if (piece.finish) choice.finish = finish_name(*piece.finish);
}

Json ReplyWriter::whole_choice(size_t index) const {
  const Choice& choice = choices_[index];
  size_t characters = 0;
  Json json = Json::object().set("index", index);
  if (endpoint_ == Endpoint::Chat)
    json.set("message",
             Json::object().set("role", "assistant").set("content", choice.text).set("refusal", Json()));
  else
    json.set("text", choice.text);
  return json.set("logprobs", log_probabilities_of(choice.tokens, characters))
      .set("finish_reason", choice.finish);
}

std::string ReplyWriter::whole() const {
  Json json = head(endpoint_ == Endpoint::Chat ? "chat.completion" : "text_completion");
  Json choices = Json::array();
  for (size_t i = 0; i < choices_.size(); ++i) choices.push(whole_choice(i));
  return json.set("choices", std::move(choices)).set("usage", usage()).dump();
}

Json ReplyWriter::chunk(size_t index, Json delta_or_text, Json log_probabilities, Json finish) const {
  const bool chat = endpoint_ == Endpoint::Chat;
  Json choice = Json::object().set("index", index).set(chat ? "delta" : "text", std::move(delta_or_text));
  choice.set("logprobs", std::move(log_probabilities)).set("finish_reason", std::move(finish));
  Json json = head(chat ? "chat.completion.chunk" : "text_completion");
  json.set("choices", Json::array().push(std::move(choice)));
  // Every chunk but the last says null where usage is told.
  return tells_usage_ ? json.set("usage", Json()) : json;
}

std::string ReplyWriter::opening() const {
  std::string events;
  if (endpoint_ == Endpoint::Chat)
    for (size_t i = 0; i < choices_.size(); ++i)
      events +=
          sse(chunk(i, Json::object().set("role", "assistant").set("content", "").set("refusal", Json()),
                    Json(), Json()));
  return events;
}

std::string ReplyWriter::event(const LivePiece& piece) {
  const size_t index = choice_of(piece);
  Choice& choice = choices_[index];
  choice.token_count = piece.token_count;
  const Json finish = piece.finish ? Json(finish_name(*piece.finish)) : Json();
  Json details = piece.tokens.empty() ? Json() : log_probabilities_of(piece.tokens, choice.characters);
  if (endpoint_ == Endpoint::Completions) return sse(chunk(index, piece.text, std::move(details), finish));
  std::string events;
  // A chat's last chunk of a choice is an empty delta.
  if (!piece.text.empty() || !piece.tokens.empty())
    events = sse(chunk(index, Json::object().set("content", piece.text), std::move(details), Json()));
  if (piece.finish) events += sse(chunk(index, Json::object(), Json(), finish));
  return events;
}

std::string ReplyWriter::closing() const {
  std::string events;
  if (tells_usage_) {
    Json last = head(endpoint_ == Endpoint::Chat ? "chat.completion.chunk" : "text_completion");
    events = sse(last.set("choices", Json::array()).set("usage", usage()));
  }
  return events + "data: [DONE]\n\n";
}

}  // namespace retort
