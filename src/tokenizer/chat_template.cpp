#include "tokenizer/chat_template.h"

#include <array>

#include "base/fields.h"

namespace retort {
namespace {

// A turn is `before` (special tokens), `opening` + instruction + `closing` (one text, cut as one), `between`
// (special tokens and text), `response_opening` + response (one text), the end token. Text between braces
// names a special token.
struct Format {
  std::string_view name;
  std::array<std::string_view, 1> before;
  std::string_view opening, closing;
  std::array<std::string_view, 4> between;
  std::string_view response_opening;
  std::array<std::string_view, 5> ends;  // the first that the tokenizer has ends a response
  std::string_view jinja;
};

constexpr Format kFormats[] = {
    {"practice",
     {"<|ask|>"},
     " ",
     "",
     {"<|answer|>"},
     " ",
     {"<|end|>"},
     "{% for message in messages %}{% if message['role'] == 'assistant' %}{{ '<|answer|> ' + "
     "message['content'] }}<|end|>{% else %}{{ '<|ask|> ' + message['content'] }}{% endif %}{% endfor %}"
     "{% if add_generation_prompt %}<|answer|>{% endif %}"},
    // Lion trains on the sections alone; a family's BOS token is no part of them.
    {"lion",
     {""},
     "### Instruction:\n",
     "\n\n### Response:\n",
     {},
     "",
     {"</s>", "<|end|>", "<|end_of_text|>", "<|endoftext|>", "<|im_end|>"},
     "{% for message in messages %}{% if message['role'] == 'assistant' %}{{ message['content'] + eos_token "
     "}}{% else %}{{ '### Instruction:\\n' + message['content'] + '\\n\\n### Response:\\n' }}{% endif %}"
     "{% endfor %}"},
    {"chatml",
     {"<|im_start|>"},
     "user\n",
     "",
     {"<|im_end|>", "\n", "<|im_start|>", "assistant\n"},
     "",
     {"<|im_end|>"},
     "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
     "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
     "{% endif %}"},
};

const Format* find_format(std::string_view name) {
  for (const Format& format : kFormats)
    if (format.name == name) return &format;
  return nullptr;
}

Error unknown_template(std::string_view name) {
  std::vector<std::string> known;
  for (const Format& format : kFormats) known.emplace_back(format.name);
  std::string near = nearest_name(name, known);
  return {ErrorCode::InvalidArgument,
          format("no chat template \"{}\"; {}", name,
                 near.empty() ? "there are practice, lion and chatml" : format("do you mean \"{}\"?", near))};
}

Error missing_token(std::string_view name, std::string_view token) {
  return {ErrorCode::InvalidArgument,
          format("the template \"{}\" needs the special token {}, which this tokenizer lacks; choose another "
                 "student.template or another base",
                 name, token)};
}

// Special tokens become their ids, other text is encoded.
Result<void> append(std::span<const std::string_view> parts, std::string_view name,
                    const Tokenizer& tokenizer, std::vector<int32_t>& out) {
  for (std::string_view part : parts) {
    if (part.starts_with("<|")) {
      int32_t id = tokenizer.special(part);
      if (id < 0) return missing_token(name, part);
      out.push_back(id);
    } else {
      std::vector<int32_t> ids = tokenizer.encode(part);
      out.insert(out.end(), ids.begin(), ids.end());
    }
  }
  return {};
}

}  // namespace

Result<ChatTemplate> ChatTemplate::named(std::string_view name, const Tokenizer& tokenizer) {
  const Format* found = find_format(name);
  if (found == nullptr) return unknown_template(name);
  ChatTemplate result;
  result.name_ = name;
  result.tokenizer_ = &tokenizer;
  result.opening_ = found->opening;
  result.closing_ = found->closing;
  result.response_opening_ = found->response_opening;
  result.jinja_ = found->jinja;
  if (auto known = append(found->before, name, tokenizer, result.before_); !known) return known.error();
  if (auto known = append(found->between, name, tokenizer, result.between_); !known) return known.error();
  for (std::string_view end : found->ends)
    if (result.end_ < 0 && !end.empty()) {
      result.end_ = tokenizer.special(end);
      result.end_text_ = end;
    }
  if (result.end_ < 0) return missing_token(name, found->ends[0]);
  return result;
}

std::vector<int32_t> ChatTemplate::prompt(std::string_view instruction) const {
  std::vector<int32_t> ids = before_;
  std::vector<int32_t> text = tokenizer_->encode(opening_ + std::string(instruction) + closing_);
  ids.insert(ids.end(), text.begin(), text.end());
  ids.insert(ids.end(), between_.begin(), between_.end());
  return ids;
}

TokenSequence ChatTemplate::example(std::string_view instruction, std::string_view response) const {
  TokenSequence sequence{prompt(instruction), 0};
  sequence.response_begin = static_cast<int32_t>(sequence.tokens.size());
  std::vector<int32_t> text = tokenizer_->encode(response_opening_ + std::string(response));
  sequence.tokens.insert(sequence.tokens.end(), text.begin(), text.end());
  sequence.tokens.push_back(end_);
  return sequence;
}

std::string_view ChatTemplate::response_in(std::string_view decoded) const {
  if (decoded.starts_with(response_opening_)) decoded.remove_prefix(response_opening_.size());
  return decoded;
}

}  // namespace retort
