// The novelty of a finished run, recomputed without any index: tokens, the plain table of the longest common
// subsequence, the formula.
#include <algorithm>
#include <cctype>

#include "pool/rouge.h"
#include "sim/facts.h"

namespace retort::sim {
namespace {

using Tokens = std::vector<std::string>;

double similarity(const Tokens& a, const Tokens& b) {
  if (a.empty() || b.empty()) return 0;
  std::vector<size_t> row(b.size() + 1, 0);
  for (const std::string& token : a) {
    size_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = token == b[j - 1] ? diagonal + 1 : std::max(row[j], row[j - 1]);
      diagonal = above;
    }
  }
  return rouge_l_from(row.back(), a.size(), b.size());
}

// The pool of one arm.
class Pool {
 public:
  explicit Pool(double threshold) : threshold_(threshold) {}
  void add(std::string_view text) { pool_.push_back(rouge_tokens(text)); }
  bool has_near_duplicate(std::string_view text) const {
    const Tokens tokens = rouge_tokens(text);
    return std::any_of(pool_.begin(), pool_.end(),
                       [&](const Tokens& old) { return similarity(old, tokens) > threshold_; });
  }

 private:
  double threshold_;
  std::vector<Tokens> pool_;
};

bool writes(std::string_view stage) {
  return stage.find("write_") != std::string_view::npos || stage.find("probe_") != std::string_view::npos;
}

}  // namespace

std::vector<std::string> wrong_novelty(RunStore& store, const RunFile& file) {
  std::vector<std::string> wrong;
  if (file.eval.heldout_rows > 0) return wrong;  // the pools would have to be drawn anew
  std::map<std::string, Pool> pools;             // by arm
  Pool seeds(file.recipe.near_duplicate);
  store.for_each_instruction("seeds", [&](const Instruction& seed) { seeds.add(seed.text); });
  for (const StageRecord& stage : store.stages()) {
    if (!writes(stage.name)) continue;
    const std::string arm = stage.name.starts_with("control/") ? "control" : "";
    Pool& pool = pools.try_emplace(arm, seeds).first->second;
    store.for_each_instruction(stage.name, [&](const Instruction& written) {
      if (pool.has_near_duplicate(written.text))
        wrong.push_back(format("{} let a near duplicate in: {}", stage.name, written.text));
      pool.add(written.text);
    });
    for (const Drop& drop : store.drops(stage.name))
      if (drop.reason == "near duplicate" && !pool.has_near_duplicate(drop.detail))
        wrong.push_back(format("{} refused what is new: {}", stage.name, drop.detail));
  }
  return wrong;
}

}  // namespace retort::sim
