// What choosing a token asks of a whole row of logits, a vector at a time: a vocabulary of 50,000 read by
// plain loops would cost as much as a small student's own arithmetic. Raw pointers; no torch here.
#pragma once

#include <cstdint>

namespace retort {

// Logits whose largest one is known, so that a search passes over most of a row.
constexpr int64_t kChoiceBlock = 64;
inline int64_t choice_blocks(int64_t count) { return (count + kChoiceBlock - 1) / kChoiceBlock; }

// largest (choice_blocks(count)): each block's largest logit.
void block_maxima(const float* logits, int64_t count, float* largest);
// sums (choice_blocks(count)): each block's sum of e^((logit - shift) * inverse_temperature), in a fixed
// order.
void block_weights(const float* logits, int64_t count, float shift, float inverse_temperature, float* sums);

}  // namespace retort
