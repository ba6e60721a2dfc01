// What a decoder is, beside its weights: sizes, and where the families differ. The defaults are LLaMA's.
// Plain values; knows no file.
#pragma once

#include <vector>

#include "nn/rope.h"

namespace retort {

// Whose config.json and weight names a folder has.
enum class Family { Llama, Mistral, Qwen2, Qwen3, SmolLm3, Gemma2, Gemma3, Phi3, Olmo2 };

// Where the norms of a layer stand, around attention and around the feed-forward layer.
enum class NormPlacement {
  Before,  // x + f(norm(x)): LLaMA
  After,   // x + norm(f(x)): OLMo 2
  Both,    // x + norm(f(norm(x))): Gemma 2 and 3
};
// Norms of queries and keys before they are rotated.
enum class QueryKeyNorm {
  None,
  PerHead,  // over each head, one weight of the head's width for all: Qwen3, Gemma 3
  Whole,    // over the whole projection: OLMo 2
};
// How a norm's weight is meant. All the same in fp32, but for OnePlus.
enum class NormWeight {
  Plain,    // multiplies what was rounded to the model's type
  Wide,     // multiplies in fp32: OLMo 2
  OnePlus,  // 1 + weight, in fp32: Gemma
};
enum class Activation { Silu, GeluTanh };
enum class LayerRope { Global, Local, None };

// What one layer's attention sees.
struct LayerKind {
  int64_t window = 0;  // a token sees itself and window - 1 before it; 0: all before it
  LayerRope rope = LayerRope::Global;
  bool operator==(const LayerKind&) const = default;
};

struct DecoderConfig {
  int64_t vocabulary = 0;    // V
  int64_t width = 0;         // D
  int64_t layers = 0;        // L
  int64_t heads = 0;         // H
  int64_t kv_heads = 0;      // K, divides H
  int64_t head_width = 0;    // E
  int64_t feed_forward = 0;  // F
  double rope_base = 10'000;
  double norm_epsilon = 1e-5;
  bool tied = true;         // the head is the embedding
  int64_t context = 2'048;  // longest sequence that it was made for

  Family family = Family::Llama;
  NormPlacement norm_placement = NormPlacement::Before;
  NormWeight norm_weight = NormWeight::Plain;
  QueryKeyNorm query_key_norm = QueryKeyNorm::None;
  Activation activation = Activation::Silu;
  bool query_key_value_bias = false, output_bias = false, feed_forward_bias = false;
  double embedding_scale = 1;  // of what the embedding gives; the head has none (Gemma: sqrt(D))
  double query_scale = 0;      // of attention's scores; 0: 1/sqrt(E)
  double attention_softcap = 0, final_softcap = 0;  // cap * tanh(x / cap), of scores and of logits; 0: off
  int64_t rotated_width = 0;                        // of a head, the first ones; 0: E (Phi-3 may have less)
  RopeScaling rope_scaling;                         // of the global RoPE
  double local_rope_base = 10'000;     // of layers with LayerRope::Local (Gemma 3), which are not scaled
  std::vector<LayerKind> layer_kinds;  // one a layer; empty: all see everything and rotate by the global RoPE

  // What layer `index` is.
  LayerKind layer_kind(size_t index) const;
  // The options of that layer's RoPE; width 0 where it has none.
  Rope rope_of(LayerRope rope) const;
  double score_scale() const;
  bool operator==(const DecoderConfig&) const = default;
};

// The sizes are positive and fit one another; layer_kinds is empty or has one a layer.
void check_decoder_config(const DecoderConfig& config);

}  // namespace retort
