// What the student is trained on: as text above the torch line, as token ids below it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace retort {

struct Example {
  int64_t id = 0;  // the instruction's row, for the drop list
  std::string instruction;
  std::string response;  // the teacher's answer
};
// Shows a training set, each example once and always in the same order. Called once, so that nobody needs to
// hold the texts of all.
using ExampleSource = std::function<void(const std::function<void(const Example&)>& show)>;

// One document for the trainer. Loss falls on tokens [response_begin, tokens.size()): the response and its
// end token.
struct TokenSequence {
  std::vector<int32_t> tokens;
  int32_t response_begin = 0;
  // How much each response token counts in the loss, from response_begin on, none negative; empty: all 1.
  std::vector<float> weights;
};

}  // namespace retort
