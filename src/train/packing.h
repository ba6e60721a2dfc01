// Packing: documents into rows of a fixed number of tokens with little padding, and rows into batches. Worst
// fit decreasing; which documents share a row, and the order of the rows, is drawn anew each epoch, from
// (seed, epoch) alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/example.h"
#include "model/decoder.h"

namespace retort {

// The documents of one row, by index into the data.
using PackedRow = std::vector<size_t>;

// Worst fit decreasing: each document, longest first, goes into the emptiest of as few rows as will do; where
// that leaves more than 2 % of padding, best fit decreasing, into the fullest row that has room. So
// every row mixes long and short ones: first fit would fill it with documents of one length, hence often of
// one kind, and a step would see few kinds. Documents of one length keep the order of `order`; the number of
// rows depends on the lengths alone.
std::vector<PackedRow> pack_rows(std::span<const TokenSequence> data, std::span<const size_t> order,
                                 int64_t row_tokens);
// Rows for evaluation: the data's own order.
std::vector<PackedRow> pack_rows(std::span<const TokenSequence> data, int64_t row_tokens);

// The rows of one epoch, shuffled.
std::vector<PackedRow> epoch_rows(std::span<const TokenSequence> data, int64_t row_tokens, uint64_t seed,
                                  uint64_t epoch);

// One forward pass: the rows as tensors, and which hidden states must predict which token. R counts response
// tokens; row R of the hidden states, flattened to (B*T, D), predicts target R.
struct TrainBatch {
  PackedBatch packed;
  torch::Tensor rows_R, targets_R;  // int64
  torch::Tensor weights_R;          // fp32; undefined: all 1
  int64_t tokens = 0;               // without padding
  int64_t response_tokens = 0;      // R
};
TrainBatch make_batch(std::span<const TokenSequence> data, std::span<const PackedRow> rows,
                      int64_t row_tokens, torch::Device device);

// Response tokens of these rows that have a token before them, so that they can be predicted.
int64_t count_response_tokens(std::span<const TokenSequence> data, std::span<const PackedRow> rows);
// The sum of their weights.
double total_weight(std::span<const TokenSequence> data, std::span<const PackedRow> rows);

}  // namespace retort
