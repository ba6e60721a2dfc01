// The chat templates that have a name here: the formats that well-known models were trained on, each as the
// Jinja that also goes into tokenizer_config.json. Formats only: a preamble is the system message's matter.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace retort {

struct NamedTemplate {
  std::string_view name;
  std::array<std::string_view, 4> needs;  // special tokens without which it makes no sense
  std::array<std::string_view, 8> ends;   // eos_token: the first that the tokenizer has
  std::string_view begin;                 // bos_token; empty: none
  std::string_view jinja;
};

std::span<const NamedTemplate> named_templates();

}  // namespace retort
