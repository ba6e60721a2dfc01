#include "train/packing.h"

#include <algorithm>
#include <set>

#include "base/test.h"
#include "train/step_plan.h"
#include "train/tiny_model.h"

using namespace retort;

namespace {

int64_t tokens_of(const std::vector<TokenSequence>& data, const PackedRow& row) {
  int64_t count = 0;
  for (size_t index : row) count += static_cast<int64_t>(data[index].tokens.size());
  return count;
}

std::vector<TokenSequence> of_lengths(const std::vector<size_t>& lengths) {
  std::vector<TokenSequence> data;
  for (size_t length : lengths) data.push_back({std::vector<int32_t>(length, 2), 1});
  return data;
}

}  // namespace

TEST_CASE("every document is in exactly one row, and no row is overfull") {
  auto data = tiny_documents(200);
  std::multiset<size_t> seen;
  for (const PackedRow& row : epoch_rows(data, 16, 3, 0)) {
    CHECK(tokens_of(data, row) <= 16);
    seen.insert(row.begin(), row.end());
  }
  CHECK(seen.size() == 200);
  CHECK(std::set<size_t>(seen.begin(), seen.end()).size() == 200);
}

TEST_CASE("each document goes into the emptiest row, longest first, so that rows mix lengths") {
  auto data = of_lengths({2, 5, 4, 7, 1, 3, 8});
  // 30 tokens: 8, 7 and 5 open rows of 10; 4 joins the 5, 3 the 7, 2 the 8; 1 joins the 5 and 4.
  CHECK(pack_rows(data, 10) == std::vector<PackedRow>{{6, 0}, {3, 5}, {1, 2, 4}});
  auto mixed = of_lengths({6, 6, 2, 2, 2, 2});
  CHECK(pack_rows(mixed, 10) == std::vector<PackedRow>{{0, 2, 4}, {1, 3, 5}});
}

TEST_CASE("documents that cannot fill rows evenly get another row") {
  CHECK(pack_rows(of_lengths({6, 6, 6}), 10).size() == 3);
  CHECK(pack_rows(of_lengths({}), 10).empty());
}

TEST_CASE("two thousand documents pack with less than one percent of padding") {
  auto data = tiny_documents(2'000);
  auto rows = epoch_rows(data, 128, 1, 0);
  int64_t tokens = 0;
  for (const PackedRow& row : rows) tokens += tokens_of(data, row);
  CHECK(static_cast<double>(tokens) > 0.99 * 128 * static_cast<double>(rows.size()));
}

TEST_CASE("documents of half a row and more pack with little padding as well") {
  std::vector<TokenSequence> data;
  for (size_t i = 0; i < 400; ++i) {
    Random random(2, "long", i);
    data.push_back({std::vector<int32_t>(static_cast<size_t>(random.range(28, 320)), 2), 4});
  }
  auto rows = epoch_rows(data, 512, 1, 0);
  int64_t tokens = 0;
  for (const PackedRow& row : rows) tokens += tokens_of(data, row);
  CHECK(static_cast<double>(tokens) > 0.97 * 512 * static_cast<double>(rows.size()));
}

TEST_CASE("an epoch's rows depend on seed and epoch alone, their number on neither") {
  auto data = tiny_documents(100);
  CHECK(epoch_rows(data, 32, 5, 1) == epoch_rows(data, 32, 5, 1));
  CHECK(epoch_rows(data, 32, 5, 1) != epoch_rows(data, 32, 5, 2));
  CHECK(epoch_rows(data, 32, 5, 1) != epoch_rows(data, 32, 6, 1));
  CHECK(epoch_rows(data, 32, 5, 1).size() == epoch_rows(data, 32, 6, 2).size());
}

TEST_CASE("a batch asks for each response token of the hidden state before it") {
  std::vector<TokenSequence> data = {{{5, 6, 7, 8}, 2}, {{9, 10, 11}, 0}};
  TrainBatch batch = make_batch(data, std::vector<PackedRow>{{0, 1}}, 8, torch::kCPU);
  CHECK(torch::equal(batch.packed.tokens_BT, torch::tensor({{5, 6, 7, 8, 9, 10, 11, 0}}, torch::kInt64)));
  CHECK(torch::equal(batch.packed.positions_BT, torch::tensor({{0, 1, 2, 3, 0, 1, 2, 0}}, torch::kInt64)));
  CHECK(torch::equal(batch.packed.documents_BT, torch::tensor({{0, 0, 0, 0, 1, 1, 1, -1}}, torch::kInt64)));
  CHECK(torch::equal(batch.rows_R, torch::tensor({1, 2, 4, 5}, torch::kInt64)));
  CHECK(torch::equal(batch.targets_R, torch::tensor({7, 8, 10, 11}, torch::kInt64)));
  CHECK(batch.tokens == 7);
  CHECK(count_response_tokens(data, std::vector<PackedRow>{{0, 1}}) == 4);
}

TEST_CASE("with epochs every document is seen as often as asked") {
  auto data = tiny_documents(50);
  TrainOptions options;
  options.epochs = 3, options.rows_per_step = 4, options.row_tokens = 32;
  StepPlan plan(data, options);
  std::vector<int> seen(50);
  for (int64_t step = 0; step < plan.steps(); ++step)
    for (const PackedRow& row : plan.rows_of(step))
      for (size_t index : row) ++seen[index];
  CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 3; }));
}

TEST_CASE("the rows of a step are the same in whatever order steps are asked for") {
  auto data = tiny_documents(50);
  TrainOptions options;
  options.steps = 20, options.rows_per_step = 4, options.row_tokens = 32;
  StepPlan forward(data, options), direct(data, options);
  std::vector<PackedRow> tenth;
  for (int64_t step = 0; step <= 10; ++step) tenth = forward.rows_of(step);
  CHECK(direct.rows_of(10) == tenth);
  CHECK(tenth.size() == 4);
}
