#include "nn/cached_attention.h"

#include <algorithm>

#include "base/check.h"
#include "nn/cached_kernel.h"
#include "nn/cached_mix.h"
#include "nn/memory.h"
#include "nn/rows.h"

namespace retort {
namespace {

bool has_cached_kernel(const torch::Tensor& x) { return has_row_kernels(x.device(), x.scalar_type()); }

// Elements of one head of one slot.
int64_t key_elements(const CachedLayer& layer) { return whole_vectors(layer.tokens) * layer.head_width; }
int64_t value_elements(const CachedLayer& layer) { return layer.tokens * whole_vectors(layer.head_width); }

// Where a token's heads lie in a tensor of all tokens, and the tables that rotate them.
template <class T>
struct TokenHeads {
  const T* first;      // of token 0's first head
  int64_t stride = 0;  // from token to token
  const float *cos = nullptr, *sin = nullptr;
  int64_t half = 0;  // 0: what lies there is rotated already
};

// One key/value head of one row: its queries, token by token and head by head.
template <class T>
class RowQueries {
 public:
  RowQueries(const CachedLayer& layer, const AttentionOptions& options) : layer_(layer), options_(options) {
    const size_t longest = static_cast<size_t>(whole_vectors(layer.tokens));
    scores_.resize(kQueriesTogether * longest);
    scaled_.resize(kQueriesTogether * static_cast<size_t>(layer.head_width));
  }

  // The row's tokens are the `count` from `token` on; y is that of token 0.
  void attend(int64_t slot, int64_t kv_head, int64_t next_head, int64_t start, int64_t token, int64_t count,
              const TokenHeads<T>& q, T* y) {
    const int64_t group = options_.heads / options_.kv_heads, width = layer_.head_width;
    const int64_t head = slot * layer_.kv_heads + kv_head;
    const T* keys = read_rows<T>(layer_.keys);
    const CachedHead<T> held{
        keys + head * key_elements(layer_), read_rows<T>(layer_.values) + head * value_elements(layer_),
        keys + next_head * key_elements(layer_), width, static_cast<float>(options_.softcap)};
    CachedQuery<T> queries[kQueriesTogether];
    int64_t taken = 0;
    for (int64_t i = 0; i < count * group; ++i) {
      const int64_t at = token + i / group, column = (kv_head * group + i % group) * width;
      const int64_t end = start + i / group + 1;
      const int64_t first = options_.window > 0 ? std::max<int64_t>(0, end - options_.window) : 0;
      float* scaled = scaled_.data() + taken * width;
      rotate_head(q.first + at * q.stride + column, q.cos + at * q.half, q.sin + at * q.half, q.half, width,
                  static_cast<float>(options_.scale), scaled);
      queries[taken++] = {scaled, first, end, y + at * options_.heads * width + column};
      if (taken < kQueriesTogether && i + 1 < count * group) continue;
      attend_cached_queries(held, queries, taken, scores_.data());
      taken = 0;
    }
  }

 private:
  const CachedLayer& layer_;
  const AttentionOptions& options_;
  std::vector<float> scores_, scaled_;
};

// Where each row's tokens begin among all.
std::vector<int64_t> row_begins(const CachedRows& rows) {
  std::vector<int64_t> begins;
  int64_t tokens = 0;
  for (int64_t length : rows.lengths) begins.push_back(tokens), tokens += length;
  return begins;
}

template <class T>
void attend_in_kernel(const TokenHeads<T>& q, const CachedLayer& layer, const CachedRows& rows,
                      const AttentionOptions& options, T* y) {
  const std::vector<int64_t> begins = row_begins(rows);
  const auto cached_head = [&](int64_t i) {
    return rows.slots[static_cast<size_t>(i / layer.kv_heads)] * layer.kv_heads + i % layer.kv_heads;
  };
  at::parallel_for(0, static_cast<int64_t>(begins.size()) * layer.kv_heads, 4, [&](int64_t from, int64_t to) {
    RowQueries<T> queries(layer, options);
    for (int64_t i = from; i < to; ++i) {
      const size_t b = static_cast<size_t>(i / layer.kv_heads);
      queries.attend(rows.slots[b], i % layer.kv_heads, cached_head(i + 1 < to ? i + 1 : i), rows.start[b],
                     begins[b], rows.lengths[b], q, y);
    }
  });
}

// Keys (the first kv_heads heads of each token) are rotated on their way.
template <class T>
void store_in_kernel(const TokenHeads<T>& keys, const TokenHeads<T>& values, CachedLayer& layer,
                     const CachedRows& rows) {
  const int64_t width = layer.head_width, padded = whole_vectors(width);
  const std::vector<int64_t> begins = row_begins(rows);
  at::parallel_for(0, static_cast<int64_t>(begins.size()), 16, [&](int64_t from, int64_t to) {
    std::vector<float> rotated(static_cast<size_t>(padded));
    std::vector<T> key(static_cast<size_t>(width));
    for (size_t b = static_cast<size_t>(from); b < static_cast<size_t>(to); ++b)
      for (int64_t t = 0; t < rows.lengths[b]; ++t)
        for (int64_t k = 0; k < layer.kv_heads; ++k) {
          const int64_t token = begins[b] + t, head = rows.slots[b] * layer.kv_heads + k,
                        at = rows.start[b] + t;
          rotate_head(keys.first + token * keys.stride + k * width, keys.cos + token * keys.half,
                      keys.sin + token * keys.half, keys.half, width, 1, rotated.data());
          for (int64_t e = 0; e < width; ++e)
            set_value(key[static_cast<size_t>(e)], rotated[static_cast<size_t>(e)]);
          store_key(key.data(), at, width, write_rows<T>(layer.keys) + head * key_elements(layer));
          std::copy_n(values.first + token * values.stride + k * width, width,
                      write_rows<T>(layer.values) + head * value_elements(layer) + at * padded);
        }
  });
}

// For other devices: every token as one row of an index.
struct TokenIndex {
  torch::Tensor slots_N, positions_N;
};
TokenIndex index_tokens(const CachedRows& rows, torch::Device device) {
  std::vector<int64_t> slots;
  for (size_t b = 0; b < rows.slots.size(); ++b)
    slots.insert(slots.end(), static_cast<size_t>(rows.lengths[b]), rows.slots[b]);
  return {torch::tensor(slots, torch::kInt64).to(device), positions_of(rows).to(device)};
}

// For other devices: each token beside its slot, as long as the longest, behind a mask.
torch::Tensor attend_by_mask(const torch::Tensor& q_NHE, const CachedLayer& layer, const CachedRows& rows,
                             const AttentionOptions& options) {
  int64_t longest = 1;
  for (size_t b = 0; b < rows.slots.size(); ++b) longest = std::max(longest, rows.start[b] + rows.lengths[b]);
  TokenIndex index = index_tokens(rows, q_NHE.device());
  auto held = [&](const torch::Tensor& cache_SKTE) {
    torch::Tensor rows_NKSE = cache_SKTE.narrow(2, 0, longest).index_select(0, index.slots_N);
    return rows_NKSE.transpose(1, 2).to(q_NHE.scalar_type());
  };
  torch::Tensor places_S = torch::arange(longest, index.positions_N.options());
  torch::Tensor last_N1 = index.positions_N.unsqueeze(-1), mask_NS = places_S <= last_N1;
  if (options.window > 0) mask_NS = mask_NS & (places_S > last_N1 - options.window);
  torch::Tensor mask_N11S = mask_NS.unsqueeze(1).unsqueeze(1);
  return attend(q_NHE.unsqueeze(1), held(layer.keys), held(layer.values), mask_N11S, options).squeeze(1);
}

}  // namespace

CachedLayer make_cached_layer(int64_t slots, int64_t kv_heads, int64_t tokens, int64_t head_width,
                              torch::ScalarType dtype, torch::Device device) {
  auto options = torch::TensorOptions().dtype(dtype).device(device);
  CachedLayer layer{{}, {}, slots, kv_heads, tokens, head_width};
  if (has_row_kernels(device, dtype)) {
    layer.keys = zeros_on_demand({slots, kv_heads, key_elements(layer)}, options);
    layer.values = zeros_on_demand({slots, kv_heads, value_elements(layer)}, options);
  } else {
    layer.keys = torch::zeros({slots, kv_heads, tokens, head_width}, options);
    layer.values = torch::zeros_like(layer.keys);
  }
  return layer;
}

void copy_slot(CachedLayer& layer, int64_t from, int64_t to, int64_t tokens) {
  RETORT_CHECK(
      from >= 0 && from < layer.slots && to >= 0 && to < layer.slots && from != to && tokens <= layer.tokens,
      "{} tokens of slot {} to slot {} of {}", tokens, from, to, layer.slots);
  bool kernel = has_cached_kernel(layer.keys);
  int64_t keys = kernel ? whole_vectors(tokens) * layer.head_width : tokens;
  int64_t values = kernel ? tokens * whole_vectors(layer.head_width) : tokens;
  layer.keys.select(0, to).narrow(1, 0, keys).copy_(layer.keys.select(0, from).narrow(1, 0, keys));
  layer.values.select(0, to).narrow(1, 0, values).copy_(layer.values.select(0, from).narrow(1, 0, values));
}

void check_cached_rows(const CachedRows& rows, int64_t token_count, int64_t slots, int64_t tokens) {
  size_t count = rows.slots.size();
  RETORT_CHECK(rows.start.size() == count && rows.lengths.size() == count,
               "{} rows, but {} starts, {} lengths", count, rows.start.size(), rows.lengths.size());
  std::vector<bool> taken(static_cast<size_t>(slots));
  int64_t sum = 0;
  for (size_t b = 0; b < count; ++b) {
    RETORT_CHECK(rows.slots[b] >= 0 && rows.slots[b] < slots && !taken[static_cast<size_t>(rows.slots[b])],
                 "slot {} of {}, or twice", rows.slots[b], slots);
    RETORT_CHECK(rows.lengths[b] > 0 && rows.start[b] >= 0 && rows.start[b] + rows.lengths[b] <= tokens,
                 "position {} + {} in a cache of {}", rows.start[b], rows.lengths[b], tokens);
    taken[static_cast<size_t>(rows.slots[b])] = true;
    sum += rows.lengths[b];
  }
  RETORT_CHECK(sum == token_count, "rows of {} tokens together, {} tokens", sum, token_count);
}

torch::Tensor positions_of(const CachedRows& rows) {
  std::vector<int64_t> positions;
  for (size_t b = 0; b < rows.slots.size(); ++b)
    for (int64_t t = 0; t < rows.lengths[b]; ++t) positions.push_back(rows.start[b] + t);
  return torch::tensor(positions, torch::kInt64);
}

void store_rows(const torch::Tensor& keys_NKE, const torch::Tensor& values_NKE, CachedLayer& layer,
                const CachedRows& rows) {
  torch::ScalarType dtype = layer.keys.scalar_type();
  torch::Tensor keys = keys_NKE.to(dtype).contiguous(), values = values_NKE.to(dtype).contiguous();
  if (has_cached_kernel(layer.keys))
    return with_row_type(dtype, [&](auto type) {
      using T = decltype(type);
      const int64_t stride = layer.kv_heads * layer.head_width;
      store_in_kernel(TokenHeads<T>{read_rows<T>(keys), stride}, TokenHeads<T>{read_rows<T>(values), stride},
                      layer, rows);
    });
  TokenIndex index = index_tokens(rows, layer.keys.device());
  auto everything = torch::indexing::Slice();
  layer.keys.index_put_({index.slots_N, everything, index.positions_N}, keys);
  layer.values.index_put_({index.slots_N, everything, index.positions_N}, values);
}

torch::Tensor attend_cached(const torch::Tensor& q_NHE, const CachedLayer& layer, const CachedRows& rows,
                            const AttentionOptions& options) {
  RETORT_CHECK(q_NHE.dim() == 3 && q_NHE.size(1) == options.heads && q_NHE.size(2) == layer.head_width,
               "attention over a cache wants q (N, H, E)");
  if (!has_cached_kernel(layer.keys)) return attend_by_mask(q_NHE, layer, rows, options);
  torch::Tensor q = q_NHE.to(layer.keys.scalar_type()).contiguous(), y_NHE = torch::empty_like(q);
  with_row_type(q.scalar_type(), [&](auto type) {
    using T = decltype(type);
    attend_in_kernel(TokenHeads<T>{read_rows<T>(q), q.size(1) * q.size(2)}, layer, rows, options,
                     write_rows<T>(y_NHE));
  });
  return y_NHE.flatten(1);
}

namespace {

torch::Tensor mix_by_operators(const torch::Tensor& fused_NC, const RopeTable& rope, CachedLayer& layer,
                               const CachedRows& rows, const AttentionOptions& options) {
  const int64_t heads = options.heads, kv_heads = options.kv_heads;
  torch::Tensor heads_NHE = fused_NC.unflatten(-1, {heads + 2 * kv_heads, options.head_width});
  torch::Tensor rotated_NHE = rotate(heads_NHE.narrow(1, 0, heads + kv_heads).unsqueeze(0), rope)[0];
  store_rows(rotated_NHE.narrow(1, heads, kv_heads), heads_NHE.narrow(1, heads + kv_heads, kv_heads), layer,
             rows);
  return attend_cached(rotated_NHE.narrow(1, 0, heads), layer, rows, options);
}

}  // namespace

torch::Tensor mix_cached(const torch::Tensor& fused_NC, const RopeTable& rope, CachedLayer& layer,
                         const CachedRows& rows, const AttentionOptions& options) {
  const int64_t heads = options.heads, kv_heads = options.kv_heads, width = options.head_width;
  RETORT_CHECK(fused_NC.dim() == 2 && fused_NC.size(1) == (heads + 2 * kv_heads) * width, "{} columns",
               fused_NC.size(-1));
  if (!has_cached_kernel(layer.keys) || fused_NC.scalar_type() != layer.keys.scalar_type())
    return mix_by_operators(fused_NC, rope, layer, rows, options);
  torch::Tensor fused = fused_NC.contiguous();
  torch::Tensor y = torch::empty({fused.size(0), heads * width}, fused.options());
  const bool rotates = rope.cos_BTE.defined();
  torch::Tensor cos = rotates ? rope.cos_BTE.contiguous() : torch::empty({0}, torch::kFloat32);
  torch::Tensor sin = rotates ? rope.sin_BTE.contiguous() : cos;
  with_row_type(fused.scalar_type(), [&](auto type) {
    using T = decltype(type);
    const int64_t stride = fused.size(1);
    TokenHeads<T> q{read_rows<T>(fused), stride, cos.const_data_ptr<float>(), sin.const_data_ptr<float>(),
                    rotates ? cos.size(-1) : 0};
    TokenHeads<T> keys = q, values{q.first + (heads + kv_heads) * width, stride};
    keys.first += heads * width;
    store_in_kernel(keys, values, layer, rows);
    attend_in_kernel(q, layer, rows, options, write_rows<T>(y));
  });
  return y;
}

}  // namespace retort
