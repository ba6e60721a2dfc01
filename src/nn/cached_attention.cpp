#include "nn/cached_attention.h"

#include <algorithm>

#include "base/check.h"
#include "nn/cached_kernel.h"
#include "nn/rows.h"

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

namespace {

// For other devices: every token as one row of an index.
void store_by_index(const torch::Tensor& new_BTKE, torch::Tensor& cache_SKTE, const CachedRows& rows) {
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

// For other devices: the slots side by side, as long as the longest, behind a mask.
torch::Tensor attend_by_mask(const torch::Tensor& q_BTHE, const torch::Tensor& keys_SKTE,
                             const torch::Tensor& values_SKTE, const CachedRows& rows,
                             const AttentionOptions& attention) {
  int64_t row_tokens = q_BTHE.size(1), longest = 1;
  for (size_t b = 0; b < rows.slots.size(); ++b) longest = std::max(longest, rows.start[b] + rows.lengths[b]);
  auto options = torch::TensorOptions().dtype(torch::kInt64).device(q_BTHE.device());
  auto index = [&](const std::vector<int64_t>& values) { return torch::tensor(values).to(q_BTHE.device()); };
  auto held = [&](const torch::Tensor& cache_SKTE) {
    torch::Tensor rows_BKSE = cache_SKTE.narrow(2, 0, longest).index_select(0, index(rows.slots));
    return rows_BKSE.transpose(1, 2).to(q_BTHE.scalar_type());
  };
  torch::Tensor last_BT = index(rows.start).unsqueeze(1) + torch::arange(row_tokens, options);
  torch::Tensor positions_S = torch::arange(longest, options), last_BT1 = last_BT.unsqueeze(-1);
  torch::Tensor mask_BTS = positions_S <= last_BT1;
  if (attention.window > 0) mask_BTS = mask_BTS & (positions_S > last_BT1 - attention.window);
  return attend(q_BTHE, held(keys_SKTE), held(values_SKTE), mask_BTS.unsqueeze(1), attention);
}

bool has_cached_kernel(const torch::Tensor& x, const torch::Tensor& cache_SKTE) {
  return has_row_kernels(x.device(), x.scalar_type()) &&
         has_row_kernels(cache_SKTE.device(), cache_SKTE.scalar_type()) && cache_SKTE.is_contiguous();
}

// One row of the batch: each new token over the slot's past and itself. The company of other rows changes
// nothing.
void attend_row(const torch::Tensor& q_BTHE, const torch::Tensor& keys_SKTE, const torch::Tensor& values_SKTE,
                const CachedRows& rows, int64_t b, const AttentionOptions& options, float* scores,
                torch::Tensor& y_BTHE) {
  int64_t heads = q_BTHE.size(2), kv_heads = keys_SKTE.size(1), tokens = keys_SKTE.size(2),
          width = keys_SKTE.size(3);
  size_t row = static_cast<size_t>(b);
  for (int64_t t = 0; t < rows.lengths[row]; ++t)
    for (int64_t h = 0; h < heads; ++h) {
      int64_t end = rows.start[row] + t + 1;
      int64_t begin = options.window > 0 ? std::max<int64_t>(0, end - options.window) : 0;
      int64_t slot_head = rows.slots[row] * kv_heads + h / (heads / kv_heads);
      int64_t first = (slot_head * tokens + begin) * width;
      CachedHead head{keys_SKTE.const_data_ptr<float>() + first,
                      values_SKTE.const_data_ptr<float>() + first,
                      end - begin,
                      width,
                      static_cast<float>(options.scale),
                      static_cast<float>(options.softcap)};
      int64_t at = ((b * q_BTHE.size(1) + t) * heads + h) * width;
      attend_cached_head(head, q_BTHE.const_data_ptr<float>() + at, scores,
                         y_BTHE.mutable_data_ptr<float>() + at);
    }
}

}  // namespace

void store_rows(const torch::Tensor& new_BTKE, torch::Tensor& cache_SKTE, const CachedRows& rows) {
  if (!has_cached_kernel(new_BTKE, cache_SKTE)) return store_by_index(new_BTKE, cache_SKTE, rows);
  int64_t kv_heads = cache_SKTE.size(1), tokens = cache_SKTE.size(2), width = cache_SKTE.size(3);
  torch::Tensor fresh = new_BTKE.contiguous();
  const float* from = fresh.const_data_ptr<float>();
  float* to = cache_SKTE.mutable_data_ptr<float>();
  for (size_t b = 0; b < rows.slots.size(); ++b)
    for (int64_t t = 0; t < rows.lengths[b]; ++t)
      for (int64_t k = 0; k < kv_heads; ++k) {
        int64_t row = static_cast<int64_t>(b) * fresh.size(1) + t;
        int64_t place = (rows.slots[b] * kv_heads + k) * tokens + rows.start[b] + t;
        std::copy_n(from + (row * kv_heads + k) * width, width, to + place * width);
      }
}

torch::Tensor attend_cached(const torch::Tensor& q_BTHE, const torch::Tensor& keys_SKTE,
                            const torch::Tensor& values_SKTE, const CachedRows& rows,
                            const AttentionOptions& options) {
  if (!has_cached_kernel(q_BTHE, keys_SKTE))
    return attend_by_mask(q_BTHE, keys_SKTE, values_SKTE, rows, options);
  torch::Tensor q = q_BTHE.contiguous(), y_BTHE = torch::zeros_like(q);
  at::parallel_for(0, q.size(0), 4, [&](int64_t begin, int64_t end) {
    std::vector<float> scores(static_cast<size_t>(keys_SKTE.size(2) + 16));
    for (int64_t b = begin; b < end; ++b)
      attend_row(q, keys_SKTE, values_SKTE, rows, b, options, scores.data(), y_BTHE);
  });
  return y_BTHE.flatten(2);
}

}  // namespace retort
