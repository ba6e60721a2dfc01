// How messages become tokens for the student: a template (a named one, or a model folder's own) is rendered
// to text, and the text is encoded. Rendering also says where the assistant's responses are, so that the loss
// mask never comes from tokenising a prefix again; and who wrote what, so that no message closes its own
// turn: only the template's own text becomes special tokens.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "data/example.h"
#include "tokenizer/jinja.h"
#include "tokenizer/tokenizer.h"

namespace retort {

struct Message {
  std::string role;  // "system", "user", "assistant", "tool": lower-case letters and '_'
  std::string content;
};

// A conversation as tokens. Loss falls on the responses: what the assistant wrote, with its end token.
struct ChatTokens {
  struct Range {
    size_t begin, end;
  };
  std::vector<int32_t> tokens;
  std::vector<Range> responses;
};

enum class Turn { Done, AssistantNext };  // AssistantNext: what makes the model write its response follows

class ChatTemplate {
 public:
  // "practice", "lion", "alpaca", "vicuna", "chatml", "llama2", "llama3", "mistral", "gemma", "phi", "zephyr"
  // (named_templates.h). InvalidArgument for an unknown name, or when the tokenizer lacks a token that the
  // template needs. `tokenizer` must outlive it.
  static Result<ChatTemplate> named(std::string_view name, const Tokenizer& tokenizer);
  // Jinja as `transformers` reads it; `special_tokens` holds bos_token, eos_token and so on as a
  // tokenizer_config.json does. Malformed or Unparsable when it is no template, or fails for one question.
  static Result<ChatTemplate> parse(std::string_view jinja, const Json& special_tokens,
                                    const Tokenizer& tokenizer);
  // The folder's own: chat_template.jinja, else tokenizer_config.json's chat_template (of several the one
  // called "default"). NotFound when it has none.
  static Result<ChatTemplate> from_folder(const Path& folder, const Tokenizer& tokenizer);

  std::vector<int32_t> prompt(std::string_view instruction) const;
  TokenSequence example(std::string_view instruction, std::string_view response) const;
  // Whole conversations. Unparsable where the template refuses them (roles that do not alternate, say).
  Result<std::vector<int32_t>> prompt(std::span<const Message> messages) const;
  Result<ChatTokens> example(std::span<const Message> messages) const;
  // What the template makes of them, the text that `transformers`' apply_chat_template gives. `messages` is a
  // JSON array of objects, which may hold more than roles and contents.
  Result<std::string> text(const Json& messages, Turn turn) const;

  // The response in what the student wrote: the inverse of what example() does to one.
  std::string_view response_in(std::string_view decoded) const;
  // What stands before and after it there (ResponseStream), empty where nothing does.
  const std::string& response_opening() const { return response_opening_; }
  const std::string& response_closing() const { return response_closing_; }
  int32_t end_token() const { return end_; }
  const std::string& end_text() const { return end_text_; }
  const std::string& jinja() const { return jinja_; }  // for tokenizer_config.json's chat_template
  const std::string& name() const { return name_; }    // "own" for a folder's
  // What strftime_now shows; the machine's clock when none is set.
  void set_clock(Clock& clock) { clock_ = &clock; }

 private:
  struct Span {
    size_t begin, end;
  };
  ChatTemplate() = default;
  static Result<ChatTemplate> make(std::string name, std::string_view jinja,
                                   std::vector<jinja::Member> variables, const Tokenizer& tokenizer);
  Result<void> probe();
  Result<jinja::Rendered> render(const Json& messages, size_t count, Turn turn) const;
  Result<std::vector<Span>> response_spans(const Json& messages, const jinja::Rendered& all) const;
  Result<Span> response_span(const Json& messages, size_t message, const jinja::Text& all) const;
  size_t end_behind(const jinja::Text& all, size_t from) const;
  std::vector<std::vector<int32_t>> encode(const jinja::Rendered& rendered,
                                           std::span<const size_t> cuts) const;

  std::string name_, jinja_, end_text_;
  std::vector<jinja::Member> variables_;
  const Tokenizer* tokenizer_ = nullptr;
  Clock* clock_ = nullptr;
  jinja::Template template_;
  std::vector<std::string> markers_;  // special tokens that its own text holds
  std::string response_opening_;      // before the response, one text with it
  std::string response_closing_;      // between the response and its end token
  int32_t end_ = -1;
};

}  // namespace retort
