// Our chat templates for tests/template_parity.py: a JSON object a line in, one out.
//   {"jinja": source, "variables": {}} -> {"text"} or {"error"}
//   {"named": name, "messages": [], "generation": bool} -> {"text", "jinja", "bos", "eos"} or {"error"}
//   {"folder": path, "messages": [], "generation": bool} -> {"text", "prompt": [ids], "example": [ids],
//     "responses": [texts]}; the last three where the messages are plain ones
#include <iostream>

#include "base/check.h"
#include "tokenizer/chat_template.h"
#include "tokenizer/named_templates.h"

using namespace retort;

namespace {

Json failed(const Error& error) { return Json::object().set("error", error.message); }

Json render(const Json& line) {
  auto parsed = jinja::Template::parse(line.at_path("jinja").string_or(""));
  if (!parsed) return failed(parsed.error());
  std::vector<jinja::Member> variables;
  for (const auto& [name, value] : line.at_path("variables").members())
    variables.emplace_back(name, jinja::from_json(value, 1));
  auto rendered = parsed->render(variables, {});
  if (!rendered) return failed(rendered.error());
  return Json::object().set("text", rendered->text.bytes());
}

const Tokenizer& with_all_tokens() {
  static const std::unique_ptr<Tokenizer> tokenizer = [] {
    std::vector<std::string> tokens;
    for (const NamedTemplate& named : named_templates())
      for (const auto& part : {std::vector<std::string_view>(named.needs.begin(), named.needs.end()),
                               std::vector<std::string_view>(named.ends.begin(), named.ends.end())})
        for (std::string_view token : part)
          if (!token.empty() && std::find(tokens.begin(), tokens.end(), token) == tokens.end())
            tokens.emplace_back(token);
    return Tokenizer::parse(make_word_tokenizer_json({}, tokens)).value();
  }();
  return *tokenizer;
}

Turn turn_of(const Json& line) {
  return line.at_path("generation").bool_or(false) ? Turn::AssistantNext : Turn::Done;
}

Json render_named(const Json& line) {
  std::string_view name = line.at_path("named").string_or("");
  ChatTemplate chat = or_throw(ChatTemplate::named(name, with_all_tokens()));
  Result<std::string> text = chat.text(line.at_path("messages"), turn_of(line));
  if (!text) return failed(text.error());
  Json out = Json::object().set("text", *text).set("jinja", chat.jinja()).set("eos", chat.end_text());
  for (const NamedTemplate& named : named_templates())
    if (named.name == name) out.set("bos", named.begin);
  return out;
}

Json ids_json(std::span<const int32_t> ids) {
  Json list = Json::array();
  for (int32_t id : ids) list.push(id);
  return list;
}

struct Folder {
  std::string path;
  std::unique_ptr<Tokenizer> tokenizer;
  std::optional<ChatTemplate> chat;
};

Json render_folder(const Json& line) {
  static Folder folder;
  if (std::string path(line.at_path("folder").string_or("")); path != folder.path) {
    folder.path = path;
    folder.tokenizer = or_throw(Tokenizer::load(Path(path) / "tokenizer.json"));
    folder.chat = or_throw(ChatTemplate::from_folder(path, *folder.tokenizer));
  }
  Result<std::string> text = folder.chat->text(line.at_path("messages"), turn_of(line));
  if (!text) return failed(text.error());
  Json out = Json::object().set("text", *text);
  std::vector<Message> messages;
  for (const Json& message : line.at_path("messages").items()) {
    if (message.size() != 2 || !message.at_path("content").is_string()) return out;
    messages.push_back({std::string(message.at_path("role").string_or("")),
                        std::string(message.at_path("content").string_or(""))});
  }
  if (auto prompt = folder.chat->prompt(messages)) out.set("prompt", ids_json(*prompt));
  Result<ChatTokens> example = folder.chat->example(messages);
  if (!example) return out;
  Json responses = Json::array();
  for (auto [begin, end] : example->responses)
    responses.push(folder.tokenizer->decode(std::span(example->tokens).subspan(begin, end - begin),
                                            SpecialTokens::Show));
  return out.set("example", ids_json(example->tokens)).set("responses", responses);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    Json json = or_throw(parse_json(line));
    Json out = json.find("jinja") != nullptr   ? render(json)
               : json.find("named") != nullptr ? render_named(json)
                                               : render_folder(json);
    std::cout << out.dump() << "\n";
  }
}
