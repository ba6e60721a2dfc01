// The training loop: token sequences in, report out. Packs without padding waste, keeps attention within
// documents, takes the loss on response tokens only (the head runs on those rows alone), clips, steps,
// follows the schedule, and writes checkpoints from which a run goes on to the same bits.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "data/example.h"
#include "model/decoder.h"

namespace retort {

struct TrainOptions {
  std::string optimizer = "muon";     // "muon" (matrices; AdamW on embeddings and norms) or "adamw" (all)
  double learning_rate = 6e-3;        // of the matrices under Muon, of all under AdamW (Lion: 2e-5)
  double adamw_learning_rate = 3e-3;  // of embeddings and norms under Muon
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double momentum = 0.95;           // Muon, Nesterov
  double weight_decay = 0.0;        // decoupled; on matrices only
  double clip_norm = 1.0;           // 0: off
  double warmup_share = 0.03;       // of all steps (Lion)
  std::string schedule = "cosine";  // "cosine", "linear", "constant"
  double final_share = 0.0;         // the rate at the end, as a share of the peak (Lion: 0)
  double epochs = 3;                // used when steps is 0
  int64_t steps = 0;                // optimizer steps; 0: from epochs
  int64_t rows_per_step = 8;        // packed rows a step
  int64_t row_tokens = 128;         // tokens a packed row; a longer sequence is an error of the caller's
  uint64_t seed = 0;
  int64_t checkpoint_every_steps = 0;  // 0: none within a stage
  // Of weights and activations in the passes: "fp32", or "bf16", where the decoder's own weights stay fp32 as
  // masters and a bf16 copy of them is multiplied.
  std::string compute = "fp32";
  // Whether a layer's activations are dropped and made again on the way back: "on", "off", or "auto": where
  // memory asks for it. The same gradients for a third more arithmetic.
  std::string recompute = "auto";
  // Tokens of one forward and backward pass at most; a step of more is made in several, whose gradients add
  // up to the same. When memory runs out, passes are halved and the step is begun again.
  int64_t pass_tokens = 8'192;
};

struct TrainReport {
  int64_t steps = 0;
  int64_t tokens = 0;  // real tokens seen, padding left out
  int64_t response_tokens = 0;
  double padding_share = 0;
  double first_loss = 0,
         last_loss = 0;  // means of the first and last tenth of the steps, nats a response token
  double seconds = 0;
  std::vector<double> losses;  // one a step
  std::string memory;          // the plan in words
  int64_t pass_rows = 0;       // rows of a pass at the end: fewer than planned when memory ran out
};
struct TrainProgress {
  int64_t step = 0, steps = 0;
  double loss = 0, gradient_norm = 0, learning_rate = 0, tokens_per_second = 0;
};

// Trains `decoder` in place: its adapters alone where it has any, else all weights. Memory is planned first:
// OutOfMemory when the least that training needs is not there. When `checkpoint_folder` holds a checkpoint of
// this same job (options and data hash agree), goes on from it, to the same bits as a run never stopped; a
// damaged one falls back to the one before. Diverged when the loss is not finite; Interrupted after saving on
// a stop request. An empty folder name: no checkpoints. The folder is the caller's to remove once it has
// stored the result.
Result<TrainReport> train(Decoder& decoder, std::span<const TokenSequence> data, const TrainOptions& options,
                          const Path& checkpoint_folder,
                          const std::function<void(const TrainProgress&)>& progress = {});

// Mean negative log-likelihood of the response tokens, nats; no weights change.
double mean_loss(const Decoder& decoder, std::span<const TokenSequence> data, int64_t row_tokens,
                 int64_t rows_per_batch = 8);

}  // namespace retort
