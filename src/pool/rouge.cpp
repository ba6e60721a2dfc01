#include "pool/rouge.h"

#include <algorithm>
#include <unordered_map>

#include "base/check.h"

namespace retort {

void visit_rouge_tokens(std::string_view text, const std::function<void(std::string_view)>& visit) {
  std::string token;
  auto end_token = [&] {
    if (!token.empty()) visit(token);
    token.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      token += c;
    } else if (text.substr(i, 3) == "\u212A") {  // KELVIN SIGN: Python lowers it to "k"
      token += 'k';
      i += 2;
    } else if (text.substr(i, 2) ==
               "\u0130") {  // I WITH DOT ABOVE: to "i" and a combining dot, which separates
      token += 'i';
      end_token();
      i += 1;
    } else {
      end_token();
    }
  }
  end_token();
}

std::vector<std::string> rouge_tokens(std::string_view text) {
  std::vector<std::string> tokens;
  visit_rouge_tokens(text, [&](std::string_view token) { tokens.emplace_back(token); });
  return tokens;
}

size_t lcs_length(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  // Made dense first, because the pattern's table is as long as its greatest id.
  std::unordered_map<uint32_t, uint32_t> dense;
  auto renumber = [&](const std::vector<uint32_t>& ids) {
    std::vector<uint32_t> numbers;
    for (uint32_t id : ids)
      numbers.push_back(dense.try_emplace(id, static_cast<uint32_t>(dense.size())).first->second);
    return numbers;
  };
  LcsPattern pattern;
  pattern.assign(renumber(a));
  return pattern.length_with(renumber(b));
}

double rouge_l_from(size_t lcs, size_t old_count, size_t new_count) {
  if (old_count == 0 || new_count == 0) return 0;
  double precision = static_cast<double>(lcs) / static_cast<double>(new_count);
  double recall = static_cast<double>(lcs) / static_cast<double>(old_count);
  if (precision + recall <= 0) return 0;
  return 2 * precision * recall / (precision + recall);
}

double rouge_l(const std::vector<uint32_t>& old_ids, const std::vector<uint32_t>& new_ids) {
  return rouge_l_from(lcs_length(old_ids, new_ids), old_ids.size(), new_ids.size());
}

size_t least_lcs(size_t m, size_t n, double threshold) {
  RETORT_CHECK(threshold >= 0 && threshold <= 1, "threshold {}", threshold);
  size_t most = std::min(m, n);
  // F grows with the LCS and is 2 L / (m + n) but for rounding, so the answer is next to this guess.
  auto guess = static_cast<size_t>(threshold * static_cast<double>(m + n) / 2);
  size_t least = std::min(guess, most);
  while (least > 0 && rouge_l_from(least, m, n) > threshold) --least;
  while (least <= most && !(rouge_l_from(least, m, n) > threshold)) ++least;
  return least;
}

}  // namespace retort
