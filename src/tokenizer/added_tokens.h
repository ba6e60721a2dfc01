// Added tokens (special ones and others), which are found in text before it is normalized and cut: leftmost,
// then longest, by a trie. Linear in the text times the longest token (at most 1,024 bytes).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/flat_map.h"

namespace retort {

struct AddedToken {
  static constexpr size_t kBytesMax = 1024;
  int32_t id = 0;
  std::string text;
  bool special = false;
  bool normalized = false;              // looked for in normalized text, else in the text as it is
  bool lstrip = false, rstrip = false;  // takes the white space before, behind it
  bool single_word = false;             // only where no word goes on before or behind it
};

class AddedTokenFinder {
 public:
  AddedTokenFinder() = default;
  // Refers to `tokens`, whose texts are not empty.
  explicit AddedTokenFinder(std::vector<const AddedToken*> tokens);

  struct Part {
    const AddedToken* token;  // nullptr: text between tokens
    size_t begin, end;        // bytes of the text
  };
  // Whether this token may be taken at these bytes; what may not stays text.
  using Allowed = std::function<bool(const AddedToken&, size_t begin, size_t end)>;
  // Appends the parts of `text` in order.
  void find(std::string_view text, const Allowed& allowed, std::vector<Part>& parts) const;
  bool empty() const { return tokens_.empty(); }

 private:
  const AddedToken* longest_at(std::string_view text, size_t at) const;
  std::vector<const AddedToken*> tokens_;
  PairMap steps_;                        // (node, byte) -> node
  std::vector<const AddedToken*> ends_;  // by node
  std::array<int32_t, 256> first_{};     // node behind this byte, or -1
};

}  // namespace retort
