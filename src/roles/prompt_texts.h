// The files of prompts/, embedded in the program by cmake/prompts.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace retort {

struct PromptText {
  std::string_view name;  // the file's name without ".txt"
  std::string_view text;
};
const std::vector<PromptText>& prompt_texts();

}  // namespace retort
