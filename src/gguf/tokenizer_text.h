// A tokenizer.json put together as text: a vocabulary of a hundred thousand members is written once, in
// order.
#pragma once

#include "base/json.h"

namespace retort {

struct TokenizerText {
  Json added = Json::array(), normalizer, pre_tokenizer, post_processor, decoder;
  Json model = Json::object();          // without vocab and merges
  std::vector<std::string> vocabulary;  // by id
  std::vector<std::pair<std::string, std::string>> merges;
  std::string text() const;
};

}  // namespace retort
