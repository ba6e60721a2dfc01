#include "nn/cached_attention.h"

#include <algorithm>

#include "base/check.h"
#include "nn/attention.h"

namespace retort {

void check_cached_rows(const CachedRows& rows, int64_t row_count, int64_t row_tokens, int64_t slots,
                       int64_t tokens) {
  size_t count = static_cast<size_t>(row_count);
  RETORT_CHECK(rows.slots.size() == count && rows.start.size() == count && rows.lengths.size() == count,
               "{} rows, but {} slots, {} starts, {} lengths", count, rows.slots.size(), rows.start.size(),
               rows.lengths.size());
  for (size_t b = 0; b < count; ++b) {
    RETORT_CHECK(rows.slots[b] >= 0 && rows.slots[b] < slots, "slot {} of {}", rows.slots[b], slots);
    RETORT_CHECK(rows.lengths[b] >= 0 && rows.lengths[b] <= row_tokens, "{} tokens in a row of {}",
                 rows.lengths[b], row_tokens);
    RETORT_CHECK(rows.start[b] >= 0 && rows.start[b] + rows.lengths[b] <= tokens,
                 "position {} + {} in a cache of {}", rows.start[b], rows.lengths[b], tokens);
  }
}

void store_rows(const torch::Tensor& new_BTKE, torch::Tensor& cache_SKTE, const CachedRows& rows) {
  std::vector<int64_t> row, token, slot, position;
  for (size_t b = 0; b < rows.slots.size(); ++b)
    for (int64_t t = 0; t < rows.lengths[b]; ++t) {
      row.push_back(static_cast<int64_t>(b));
      token.push_back(t);
      slot.push_back(rows.slots[b]);
      position.push_back(rows.start[b] + t);
    }
  auto index = [&](const std::vector<int64_t>& values) {
    return torch::tensor(values).to(cache_SKTE.device());
  };
  torch::Tensor picked_NKE = new_BTKE.index({index(row), index(token)}).to(cache_SKTE.scalar_type());
  cache_SKTE.index_put_({index(slot), torch::indexing::Slice(), index(position)}, picked_NKE);
}

torch::Tensor attend_cached(const torch::Tensor& q_BTHE, const torch::Tensor& keys_SKTE,
                            const torch::Tensor& values_SKTE, const CachedRows& rows) {
  int64_t row_tokens = q_BTHE.size(1), longest = 1;
  for (size_t b = 0; b < rows.slots.size(); ++b) longest = std::max(longest, rows.start[b] + rows.lengths[b]);
  auto options = torch::TensorOptions().dtype(torch::kInt64).device(q_BTHE.device());
  auto index = [&](const std::vector<int64_t>& values) { return torch::tensor(values).to(q_BTHE.device()); };
  auto held = [&](const torch::Tensor& cache_SKTE) {
    torch::Tensor rows_BKSE = cache_SKTE.narrow(2, 0, longest).index_select(0, index(rows.slots));
    return rows_BKSE.transpose(1, 2).to(q_BTHE.scalar_type());
  };
  torch::Tensor last_BT = index(rows.start).unsqueeze(1) + torch::arange(row_tokens, options);
  torch::Tensor mask_BTS = torch::arange(longest, options) <= last_BT.unsqueeze(-1);
  return attend(q_BTHE, held(keys_SKTE), held(values_SKTE), mask_BTS.unsqueeze(1));
}

}  // namespace retort
