// For tests/rouge_parity.py: reads one JSON value a line and prints what our ROUGE-L makes of it.
//   ["old text", "new text"]  ->  bits of the F-measure in hex, then 1 when a pool that holds the old text
//   refuses the new "text"                    ->  its tokens, divided by spaces
#include <bit>
#include <iostream>

#include "base/json.h"
#include "pool/novelty.h"
#include "pool/rouge.h"

using namespace retort;

namespace {

void print_tokens(std::string_view text) {
  for (const std::string& token : rouge_tokens(text)) std::cout << token << ' ';
  std::cout << '\n';
}

void print_decision(std::string_view old_text, std::string_view new_text) {
  Vocabulary vocabulary;
  std::vector<uint32_t> old_ids = vocabulary.ids(old_text);
  double f = rouge_l(old_ids, vocabulary.ids(new_text));
  NoveltyIndex pool(NoveltyOptions{.refuse_identical_wordless = false});
  pool.add(old_text);
  std::cout << format("{:016x} {:d}\n", std::bit_cast<uint64_t>(f), pool.is_near_duplicate(new_text));
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    Result<Json> value = parse_json(line);
    if (!value) {
      std::cerr << "rouge_dump: " << value.error().message << '\n';
      return 1;
    }
    if (value->is_string()) {
      print_tokens(value->string_or(""));
    } else {
      print_decision(value->at_path("0").string_or(""), value->at_path("1").string_or(""));
    }
  }
}
