// How an instruction becomes tokens for the student. Rendering gives the ids and where the response begins,
// so that the loss mask never comes from tokenising a prefix again.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "data/example.h"
#include "tokenizer/tokenizer.h"

namespace retort {

class ChatTemplate {
 public:
  // "practice": "<|ask|> {instruction}<|answer|> {response}<|end|>": a space before both, so that a word is
  // the same token wherever it stands. "lion": "### Instruction:\n{instruction}\n\n### Response:\n"
  // (specs/lion.md §2.1). "chatml". InvalidArgument for an unknown name, or when the tokenizer lacks a token
  // that the template needs. `tokenizer` must outlive it.
  static Result<ChatTemplate> named(std::string_view name, const Tokenizer& tokenizer);
  std::vector<int32_t> prompt(std::string_view instruction) const;
  TokenSequence example(std::string_view instruction, std::string_view response) const;
  // The response in what the student wrote: the inverse of what example() does to one.
  std::string_view response_in(std::string_view decoded) const;
  int32_t end_token() const { return end_; }
  const std::string& end_text() const { return end_text_; }
  const std::string& jinja() const { return jinja_; }  // for tokenizer_config.json's chat_template
  const std::string& name() const { return name_; }

 private:
  std::string name_, jinja_, end_text_;
  const Tokenizer* tokenizer_ = nullptr;
  std::string opening_, closing_;  // around the instruction, one text with it
  std::string response_opening_;   // before the response, one text with it
  std::vector<int32_t> before_, between_;
  int32_t end_ = -1;
};

}  // namespace retort
