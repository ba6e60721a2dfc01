#include "tokenizer/chat_template.h"

#include <algorithm>

#include "base/check.h"
#include "base/fields.h"
#include "base/utf8.h"
#include "tokenizer/named_templates.h"

namespace retort {
namespace {

// Who wrote a byte: the template, or message i; an assistant's message is marked as such.
constexpr jinja::Author kTemplate = 0;
constexpr size_t kMessagesMax = 16'000;
jinja::Author author_of(size_t message, bool assistant) {
  return static_cast<jinja::Author>(2 * (message + 1) + (assistant ? 1 : 0));
}
bool by_assistant(jinja::Author author) { return author % 2 == 1; }

Error unknown_template(std::string_view name) {
  std::vector<std::string> known;
  std::string all;
  for (const NamedTemplate& one : named_templates()) {
    known.emplace_back(one.name);
    all += (all.empty() ? "" : ", ") + std::string(one.name);
  }
  std::string near = nearest_name(name, known);
  return {ErrorCode::InvalidArgument,
          format("no chat template \"{}\"; {}", terminal_safe(name, 40),
                 near.empty() ? "there are " + all : format("do you mean \"{}\"?", near))};
}

Error missing_token(std::string_view name, std::string_view token) {
  return {ErrorCode::InvalidArgument,
          format("the template \"{}\" needs the special token {}, which this tokenizer lacks; choose another "
                 "student.template or another base",
                 name, token)};
}

Json as_json(std::span<const Message> messages) {
  Json list = Json::array();
  for (const Message& message : messages)
    list.push(Json::object().set("role", message.role).set("content", replace_invalid_utf8(message.content)));
  return list;
}

Result<void> check_messages(const Json& messages) {
  if (messages.size() > kMessagesMax)
    return Error{ErrorCode::InvalidArgument,
                 format("{} messages are more than {}", messages.size(), kMessagesMax)};
  for (const Json& message : messages.items()) {
    std::string_view role = message.at_path("role").string_or("");
    bool valid = !role.empty() && std::all_of(role.begin(), role.end(),
                                              [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (!valid)
      return Error{ErrorCode::InvalidArgument,
                   format("a message has the role \"{}\"; use system, user, assistant or tool",
                          terminal_safe(role, 30))};
  }
  return {};
}

jinja::Value message_value(const Json& message, size_t i) {
  bool assistant = message.at_path("role").string_or("") == "assistant";
  jinja::Dict dict;
  for (const auto& [name, value] : message.members())
    dict.set(name, jinja::from_json(value, name == "role" ? kTemplate : author_of(i, assistant)));
  return dict;
}

// "bos_token": "<s>", or {"content": "<s>", ...}.
std::vector<jinja::Member> token_variables(const Json& config) {
  std::vector<jinja::Member> variables;
  for (const auto& [name, value] : config.members()) {
    if (!name.ends_with("_token")) continue;
    const Json& text = value.is_object() ? value.at_path("content") : value;
    if (text.is_string()) variables.emplace_back(name, text.string_or(""));
  }
  return variables;
}

Result<Json> read_config(const Path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Json::object();
  return read_json_file(path.string());
}

// tokenizer_config.json's chat_template: a text, or [{"name": "default", "template": text}, ...].
std::string_view template_in(const Json& config) {
  const Json& json = config.at_path("chat_template");
  if (json.is_string()) return json.string_or("");
  std::string_view found;
  for (const Json& one : json.items())
    if (found.empty() || one.at_path("name").string_or("") == "default")
      found = one.at_path("template").string_or("");
  return found;
}

}  // namespace

Result<ChatTemplate> ChatTemplate::named(std::string_view name, const Tokenizer& tokenizer) {
  std::span<const NamedTemplate> all = named_templates();
  auto found =
      std::find_if(all.begin(), all.end(), [&](const NamedTemplate& one) { return one.name == name; });
  if (found == all.end()) return unknown_template(name);
  for (std::string_view token : found->needs)
    if (!token.empty() && tokenizer.special(token) < 0) return missing_token(name, token);
  auto end = std::find_if(found->ends.begin(), found->ends.end(), [&](std::string_view text) {
    return !text.empty() && tokenizer.special(text) >= 0;
  });
  if (end == found->ends.end()) return missing_token(name, found->ends[0]);
  std::vector<jinja::Member> variables = {{"eos_token", *end}, {"bos_token", found->begin}};
  return make(std::string(name), found->jinja, std::move(variables), tokenizer);
}

Result<ChatTemplate> ChatTemplate::parse(std::string_view jinja, const Json& special_tokens,
                                         const Tokenizer& tokenizer) {
  return make("own", jinja, token_variables(special_tokens), tokenizer);
}

Result<ChatTemplate> ChatTemplate::from_folder(const Path& folder, const Tokenizer& tokenizer) {
  Json config = RETORT_TRY(read_config(folder / "tokenizer_config.json"));
  Path file = folder / "chat_template.jinja";
  std::error_code error;
  std::string text(template_in(config));
  if (std::filesystem::exists(file, error)) text = RETORT_TRY(read_file(file, jinja::Limits::kTemplateBytes));
  if (text.empty())
    return Error{ErrorCode::NotFound,
                 format("{} holds no chat template; choose a student.template by name", folder.string())};
  Result<ChatTemplate> made = parse(text, config, tokenizer);
  if (!made)
    return Error{made.error().code,
                 format("{}: {}; choose a student.template by name", folder.string(), made.error().message)};
  return made;
}

Result<ChatTemplate> ChatTemplate::make(std::string name, std::string_view jinja,
                                        std::vector<jinja::Member> variables, const Tokenizer& tokenizer) {
  ChatTemplate made;
  made.name_ = std::move(name);
  made.jinja_ = jinja;
  made.variables_ = std::move(variables);
  made.tokenizer_ = &tokenizer;
  made.template_ = RETORT_TRY(jinja::Template::parse(jinja));
  RETORT_TRY(made.probe());
  return made;
}

// One question and answer show what stands around a response and which token ends it.
Result<void> ChatTemplate::probe() {
  const Json messages = as_json(std::vector<Message>{{"user", "ask"}, {"assistant", "reply"}});
  jinja::Rendered all = RETORT_TRY(render(messages, 2, Turn::Done));
  for (const std::string& token : tokenizer_->special_texts())
    if (all.text.bytes().find(token) != std::string::npos) markers_.push_back(token);
  Span response = RETORT_TRY(response_span(messages, 1, all.text));
  size_t begin = all.text.bytes().find("reply", response.begin), end = begin + 5;
  if (begin == std::string::npos)
    return Error{ErrorCode::Unparsable, "the chat template drops the assistant's response"};
  response_opening_ = all.text.bytes().substr(response.begin, begin - response.begin);
  size_t nearest = std::string::npos;
  for (const std::string& token : markers_)
    if (size_t at = all.text.bytes().find(token, end); at < nearest) {
      nearest = at;
      end_text_ = token;
    }
  if (nearest != std::string::npos) {
    response_closing_ = all.text.bytes().substr(end, nearest - end);
  } else {
    // The template leaves the end to the tokenizer's own token.
    for (const jinja::Member& variable : variables_)
      if (variable.first == "eos_token") end_text_ = jinja::to_text(variable.second).bytes();
  }
  end_ = tokenizer_->special(end_text_);
  if (end_ < 0)
    return Error{
        ErrorCode::InvalidArgument,
        "the chat template ends a response with no special token of this tokenizer, and the folder names no "
        "eos_token; choose a student.template by name"};
  return {};
}

Result<jinja::Rendered> ChatTemplate::render(const Json& messages, size_t count, Turn turn) const {
  jinja::List list;
  for (size_t i = 0; i < count; ++i) list.push_back(message_value(messages.items()[i], i));
  std::vector<jinja::Member> variables = variables_;
  try {
    variables.emplace_back("messages", std::move(list));
  } catch (const jinja::Failure& failure) {
    return Error{ErrorCode::InvalidArgument, "the messages cannot be rendered: " + failure.message};
  }
  variables.emplace_back("add_generation_prompt", turn == Turn::AssistantNext);
  variables.emplace_back("tools", jinja::None{});
  variables.emplace_back("documents", jinja::None{});
  std::time_t now = (clock_ != nullptr ? *clock_ : system_clock()).wall_ms() / 1'000;
  std::tm calendar{};
  gmtime_r(&now, &calendar);
  return template_.render(variables, calendar);
}

Result<std::string> ChatTemplate::text(const Json& messages, Turn turn) const {
  RETORT_TRY(check_messages(messages));
  return RETORT_TRY(render(messages, messages.size(), turn)).text.bytes();
}

// The end token that follows byte `from` in the template's own text before the next message; `from` when none
// does.
size_t ChatTemplate::end_behind(const jinja::Text& all, size_t from) const {
  size_t to = from;
  while (to < all.size() && all.author(to) == kTemplate) ++to;
  size_t at = std::string_view(all.bytes()).substr(0, to).find(end_text_, from);
  return at == std::string::npos || end_text_.empty() ? from : at + end_text_.size();
}

// Where the response of an assistant's message stands: from where the model goes on by itself (the end of the
// prompt for it), else from its first own byte, to its end token.
Result<ChatTemplate::Span> ChatTemplate::response_span(const Json& messages, size_t message,
                                                       const jinja::Text& all) const {
  size_t first = all.size(), last = 0;
  for (size_t at = 0; at < all.size(); ++at)
    if (all.author(at) == author_of(message, true)) {
      first = std::min(first, at);
      last = at + 1;
    }
  jinja::Rendered prompt = RETORT_TRY(render(messages, message, Turn::AssistantNext));
  size_t size = prompt.text.size();
  bool is_prefix = all.bytes().starts_with(prompt.text.bytes()) && (last == 0 || size <= first);
  if (last == 0 && !is_prefix)
    return Error{ErrorCode::Unparsable, "the chat template drops the assistant's response"};
  size_t begin = is_prefix ? size : first;
  return Span{begin, end_behind(all, std::max(begin, last))};
}

Result<std::vector<ChatTemplate::Span>> ChatTemplate::response_spans(const Json& messages,
                                                                     const jinja::Rendered& all) const {
  std::vector<Span> spans;
  for (const jinja::Rendered::Span& span : all.generated) spans.push_back({span.begin, span.end});
  if (!spans.empty()) return spans;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages.items()[i].at_path("role").string_or("") != "assistant") continue;
    Span span = RETORT_TRY(response_span(messages, i, all.text));
    if (!spans.empty() && span.begin < spans.back().end)
      return Error{ErrorCode::Unparsable, "the chat template does not render responses in their order"};
    spans.push_back(span);
  }
  return spans;
}

// Only the template's own bytes become special tokens, and what looks like one of its own is no such thing in
// the words of others; an assistant may write what the vocabulary has ("<think>").
std::vector<std::vector<int32_t>> ChatTemplate::encode(const jinja::Rendered& rendered,
                                                       std::span<const size_t> cuts) const {
  auto allowed = [&](const AddedTokenUse& use) {
    bool template_only = true, assistant_only = true;
    for (size_t at = use.begin; at < use.end; ++at) {
      jinja::Author author = rendered.text.author(at);
      template_only = template_only && author == kTemplate;
      assistant_only = assistant_only && (author == kTemplate || by_assistant(author));
    }
    if (template_only) return true;
    std::string_view token = std::string_view(rendered.text.bytes()).substr(use.begin, use.end - use.begin);
    return !use.special && (assistant_only || jinja_.find(token) == std::string::npos);
  };
  return tokenizer_->encode_parts(rendered.text.bytes(), cuts, allowed);
}

Result<std::vector<int32_t>> ChatTemplate::prompt(std::span<const Message> messages) const {
  const Json json = as_json(messages);
  RETORT_TRY(check_messages(json));
  jinja::Rendered rendered = RETORT_TRY(render(json, json.size(), Turn::AssistantNext));
  return encode(rendered, {})[0];
}

Result<ChatTokens> ChatTemplate::example(std::span<const Message> messages) const {
  const Json json = as_json(messages);
  RETORT_TRY(check_messages(json));
  jinja::Rendered rendered = RETORT_TRY(render(json, json.size(), Turn::Done));
  std::vector<Span> spans = RETORT_TRY(response_spans(json, rendered));
  std::vector<size_t> cuts;
  for (const Span& span : spans) cuts.insert(cuts.end(), {span.begin, span.end});
  ChatTokens chat;
  std::vector<std::vector<int32_t>> parts = encode(rendered, cuts);
  for (size_t i = 0; i < parts.size(); ++i) {  // every second part is a response
    size_t begin = chat.tokens.size();
    chat.tokens.insert(chat.tokens.end(), parts[i].begin(), parts[i].end());
    if (i % 2 == 1) chat.responses.push_back({begin, chat.tokens.size()});
  }
  return chat;
}

std::vector<int32_t> ChatTemplate::prompt(std::string_view instruction) const {
  return or_throw(prompt(std::vector<Message>{{"user", std::string(instruction)}}));
}

TokenSequence ChatTemplate::example(std::string_view instruction, std::string_view response) const {
  ChatTokens chat = or_throw(example(std::vector<Message>{{"user", replace_invalid_utf8(instruction)},
                                                          {"assistant", replace_invalid_utf8(response)}}));
  RETORT_CHECK(chat.responses.size() == 1, "one response became {}", chat.responses.size());
  TokenSequence sequence{std::move(chat.tokens), static_cast<int32_t>(chat.responses[0].begin)};
  sequence.tokens.resize(chat.responses[0].end);
  if (sequence.tokens.back() != end_) sequence.tokens.push_back(end_);
  return sequence;
}

std::string_view ChatTemplate::response_in(std::string_view decoded) const {
  if (decoded.starts_with(response_opening_)) decoded.remove_prefix(response_opening_.size());
  if (decoded.ends_with(response_closing_)) decoded.remove_suffix(response_closing_.size());
  return decoded;
}

}  // namespace retort
