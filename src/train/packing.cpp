#include "train/packing.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <queue>
#include <set>

#include "base/check.h"
#include "base/random.h"

namespace retort {
namespace {

// Padding above which mixing long and short documents in every row costs too much.
constexpr double kPaddingMax = 0.02;

int64_t length_of(const TokenSequence& document) { return static_cast<int64_t>(document.tokens.size()); }

// The first token has nothing before it to predict it from.
int64_t first_target(const TokenSequence& document) { return std::max(1, document.response_begin); }

int64_t target_count(const TokenSequence& document) {
  return std::max<int64_t>(0, length_of(document) - first_target(document));
}

// Of the token at `place` of the document.
float weight_of(const TokenSequence& document, int64_t place) {
  if (document.weights.empty()) return 1;
  return document.weights[static_cast<size_t>(place - document.response_begin)];
}

std::vector<size_t> natural_order(size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

// Each document into the emptiest of `count` rows; nothing when one does not fit.
std::optional<std::vector<PackedRow>> pack_into(std::span<const TokenSequence> data,
                                                const std::vector<size_t>& longest_first, size_t count,
                                                int64_t row_tokens) {
  std::vector<PackedRow> rows(count);
  std::priority_queue<std::pair<int64_t, int64_t>> rooms;  // (room left, -row): the lower row of two as empty
  for (size_t row = 0; row < count; ++row) rooms.emplace(row_tokens, -static_cast<int64_t>(row));
  for (size_t index : longest_first) {
    const auto [room, minus_row] = rooms.top();
    if (room < length_of(data[index])) return std::nullopt;
    rooms.pop();
    rooms.emplace(room - length_of(data[index]), minus_row);
    rows[static_cast<size_t>(-minus_row)].push_back(index);
  }
  return rows;
}

// Each document into the fullest row that has room for it, or a new one: the fewest rows that a simple rule
// finds.
std::vector<PackedRow> pack_densely(std::span<const TokenSequence> data,
                                    const std::vector<size_t>& longest_first, int64_t row_tokens) {
  std::vector<PackedRow> rows;
  std::set<std::pair<int64_t, size_t>> rooms;  // (room left, row)
  for (size_t index : longest_first) {
    auto found = rooms.lower_bound({length_of(data[index]), 0});
    std::pair<int64_t, size_t> place{row_tokens, rows.size()};
    if (found != rooms.end())
      place = *found, rooms.erase(found);
    else
      rows.emplace_back();
    rows[place.second].push_back(index);
    rooms.emplace(place.first - length_of(data[index]), place.second);
  }
  return rows;
}

}  // namespace

std::vector<PackedRow> pack_rows(std::span<const TokenSequence> data, std::span<const size_t> order,
                                 int64_t row_tokens) {
  std::vector<size_t> longest_first(order.begin(), order.end());
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [&](size_t a, size_t b) { return data[a].tokens.size() > data[b].tokens.size(); });
  int64_t tokens = 0;
  for (size_t index : longest_first) tokens += length_of(data[index]);
  if (!longest_first.empty()) {
    const int64_t longest = length_of(data[longest_first.front()]),
                  shortest = length_of(data[longest_first.back()]);
    RETORT_CHECK(shortest > 0 && longest <= row_tokens, "documents have {} to {} tokens, a row {}", shortest,
                 longest, row_tokens);
  }
  // As few rows as could hold them; where that does not come out even, a few more; where that would be too
  // much padding, densely.
  auto count = static_cast<size_t>((tokens + row_tokens - 1) / row_tokens);
  const auto most = count + static_cast<size_t>(kPaddingMax * static_cast<double>(count));
  for (; count <= most; count += 1 + count / 256)
    if (auto rows = pack_into(data, longest_first, count, row_tokens)) return std::move(*rows);
  return pack_densely(data, longest_first, row_tokens);
}

std::vector<PackedRow> pack_rows(std::span<const TokenSequence> data, int64_t row_tokens) {
  return pack_rows(data, natural_order(data.size()), row_tokens);
}

std::vector<PackedRow> epoch_rows(std::span<const TokenSequence> data, int64_t row_tokens, uint64_t seed,
                                  uint64_t epoch) {
  std::vector<size_t> order = natural_order(data.size());
  Random random(seed, "train/epoch", epoch);
  random.shuffle(order);
  std::vector<PackedRow> rows = pack_rows(data, order, row_tokens);
  random.shuffle(rows);
  return rows;
}

int64_t count_response_tokens(std::span<const TokenSequence> data, std::span<const PackedRow> rows) {
  int64_t count = 0;
  for (const PackedRow& row : rows)
    for (size_t index : row) count += target_count(data[index]);
  return count;
}

double total_weight(std::span<const TokenSequence> data, std::span<const PackedRow> rows) {
  double total = 0;
  for (const PackedRow& row : rows)
    for (size_t index : row)
      for (int64_t i = first_target(data[index]); i < length_of(data[index]); ++i)
        total += weight_of(data[index], i);
  return total;
}

TrainBatch make_batch(std::span<const TokenSequence> data, std::span<const PackedRow> rows,
                      int64_t row_tokens, torch::Device device) {
  size_t cells = rows.size() * static_cast<size_t>(row_tokens);
  std::vector<int64_t> tokens(cells, 0), positions(cells, 0), documents(cells, -1), predicting, targets;
  std::vector<float> weights;
  bool weighted = false;
  TrainBatch batch;
  for (size_t b = 0; b < rows.size(); ++b) {
    size_t cell = b * static_cast<size_t>(row_tokens);
    for (size_t d = 0; d < rows[b].size(); ++d) {
      const TokenSequence& document = data[rows[b][d]];
      weighted = weighted || !document.weights.empty();
      for (int64_t i = 0; i < length_of(document); ++i, ++cell) {
        tokens[cell] = document.tokens[static_cast<size_t>(i)];
        positions[cell] = i;
        documents[cell] = static_cast<int64_t>(d);
        if (i < first_target(document)) continue;
        predicting.push_back(static_cast<int64_t>(cell) - 1);
        targets.push_back(tokens[cell]);
        weights.push_back(weight_of(document, i));
      }
      batch.tokens += length_of(document);
    }
    RETORT_CHECK(cell <= (b + 1) * static_cast<size_t>(row_tokens), "row {} holds more than {} tokens", b,
                 row_tokens);
  }
  auto grid = [&](const std::vector<int64_t>& values) {
    return torch::tensor(values, torch::kInt64)
        .view({static_cast<int64_t>(rows.size()), row_tokens})
        .to(device);
  };
  batch.packed = {grid(tokens), grid(positions), grid(documents)};
  batch.rows_R = torch::tensor(predicting, torch::kInt64).to(device);
  batch.targets_R = torch::tensor(targets, torch::kInt64).to(device);
  if (weighted) batch.weights_R = torch::tensor(weights, torch::kFloat32).to(device);
  batch.response_tokens = static_cast<int64_t>(targets.size());
  return batch;
}

}  // namespace retort
