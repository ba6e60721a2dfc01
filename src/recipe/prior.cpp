#include "recipe/prior.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/format.h"
#include "pool/difficulty.h"
#include "pool/rouge.h"
#include "recipe/answer_check.h"

namespace retort {
namespace {

constexpr double kRecall = 0.9;

// Column by column, of the rows that have both.
struct Columns {
  std::vector<double> a, b;
};
Columns both(std::span<const RowMeasures> rows, const std::string& a, const std::string& b) {
  Columns columns;
  for (const RowMeasures& row : rows) {
    const auto x = row.find(a), y = row.find(b);
    if (x == row.end() || y == row.end()) continue;
    columns.a.push_back(x->second);
    columns.b.push_back(y->second);
  }
  return columns;
}

std::string recall_line(std::span<const RowMeasures> rows, const std::string& name, double threshold) {
  const Columns columns = both(rows, name, "gap");
  std::vector<bool> hard;
  for (double gap : columns.b) hard.push_back(gap >= threshold);
  if (name == "gap")
    return format("  hard: {} of {}\n", std::count(hard.begin(), hard.end(), true), hard.size());
  const auto share = share_for_recall(columns.a, hard, kRecall);
  return share ? format("  {}: {:.3f}\n", name, *share) : std::string();
}

}  // namespace

double disagreement(std::string_view teacher, std::string_view student) {
  if (outcome_of(teacher) == outcome_of(student)) return 0;
  std::map<std::string, uint32_t, std::less<>> words;
  const auto ids = [&](std::string_view text) {
    std::vector<uint32_t> out;
    for (const std::string& word : rouge_tokens(text))
      out.push_back(words.emplace(word, static_cast<uint32_t>(words.size())).first->second);
    return out;
  };
  const std::vector<uint32_t> a = ids(teacher), b = ids(student);
  return 1 - rouge_l(a, b);
}

double uncertainty(double loss) {
  const double q = std::exp(-loss);
  return q * (1 - q);
}

std::optional<double> prior_of(std::string_view name, const ResponseFit& fit) {
  if (name == "loss") return fit.loss;
  if (name == "uncertainty") return uncertainty(fit.loss);
  if (!fit.has_ifd()) return std::nullopt;
  return fit.ifd();
}

std::string difficulty_report(std::span<const RowMeasures> rows, double threshold) {
  std::set<std::string> names;
  for (const RowMeasures& row : rows)
    for (const auto& [name, value] : row) names.insert(name);
  std::string text = "rank correlation\n";
  for (const std::string& a : names)
    for (const std::string& b : names) {
      if (!(a < b)) continue;
      const Columns columns = both(rows, a, b);
      if (const auto rho = rank_correlation(columns.a, columns.b))
        text += format("  {} ~ {}: {:.2f} (n = {})\n", a, b, *rho, columns.a.size());
    }
  if (!names.contains("gap")) return text;
  text +=
      format("share of the items in which {:.0f} % of the hard ones (gap >= {}) are found; at random {}\n",
             100 * kRecall, threshold, kRecall);
  for (const std::string& name : names) text += recall_line(rows, name, threshold);
  return text;
}

}  // namespace retort
