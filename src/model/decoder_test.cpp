#include "model/decoder.h"

#include "base/test.h"
#include "nn/packed_weight.h"

using namespace retort;

namespace {

// Two threads would spend such a small model's time waiting for one another.
const int kOneThread = (torch::set_num_threads(1), 1);

DecoderConfig tiny() {
  DecoderConfig config;
  config.vocabulary = 40, config.width = 16, config.layers = 2, config.heads = 4, config.kv_heads = 2;
  config.head_width = 8, config.feed_forward = 24, config.rope_base = 300, config.context = 64;
  return config;
}

// Weights large enough for differences to show.
Decoder tiny_decoder() {
  Decoder decoder = make_decoder(tiny(), 1);
  for (auto& [name, weight] : named_weights(decoder))
    if (weight->dim() == 2) weight->mul_(10);
  return decoder;
}

std::vector<std::vector<int64_t>> documents() {
  return {{3, 1, 4, 1, 5, 9, 2, 6}, {5, 3, 5}, {8, 9, 7, 9, 3}, {2, 3, 8, 4, 6, 2, 6, 4, 3}};
}

// Documents one after another into rows of that length, padded with token 0.
PackedBatch pack(const std::vector<std::vector<std::vector<int64_t>>>& rows, int64_t row_tokens) {
  PackedBatch batch;
  int64_t count = static_cast<int64_t>(rows.size());
  batch.tokens_BT = torch::zeros({count, row_tokens}, torch::kInt64);
  batch.positions_BT = torch::zeros({count, row_tokens}, torch::kInt64);
  batch.documents_BT = torch::full({count, row_tokens}, -1, torch::kInt64);
  for (int64_t b = 0; b < count; ++b) {
    int64_t t = 0, document = 0;
    for (const auto& tokens : rows[b]) {
      for (size_t i = 0; i < tokens.size(); ++i, ++t) {
        batch.tokens_BT[b][t] = tokens[i];
        batch.positions_BT[b][t] = static_cast<int64_t>(i);
        batch.documents_BT[b][t] = document;
      }
      ++document;
    }
  }
  return batch;
}

PackedBatch alone(const std::vector<int64_t>& tokens) {
  return pack({{tokens}}, static_cast<int64_t>(tokens.size()));
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("weights carry Hugging Face's names and shapes") {
  Decoder decoder = make_decoder(tiny(), 1);
  auto weights = named_weights(decoder);
  CHECK(weights.size() == 2 + 9 * 2);
  CHECK(weights[0].first == "model.embed_tokens.weight");
  CHECK(weights[2].first == "model.layers.0.self_attn.q_proj.weight");
  CHECK(weights[2].second->sizes() == torch::IntArrayRef({32, 16}));
  CHECK(decoder.layers[1].key.weight.sizes() == torch::IntArrayRef({16, 16}));
  CHECK(decoder.layers[1].output.weight.sizes() == torch::IntArrayRef({16, 32}));
  CHECK(decoder.layers[1].down.weight.sizes() == torch::IntArrayRef({16, 24}));
  CHECK(weight_count(decoder) == 40 * 16 + 16 + 2 * (2 * 16 + 16 * (32 + 16 + 16) + 32 * 16 + 3 * 16 * 24));
}

TEST_CASE("a tied head is the embedding, an untied one is a weight of its own") {
  Decoder tied = make_decoder(tiny(), 1);
  CHECK(tied.head_VD.is_same(tied.embedding_VD));
  DecoderConfig config = tiny();
  config.tied = false;
  Decoder untied = make_decoder(config, 1);
  CHECK(named_weights(untied).back().first == "lm_head.weight");
  CHECK_FALSE(torch::equal(untied.head_VD, untied.embedding_VD));
}

TEST_CASE("same seed, same weights; another seed, others") {
  Decoder a = make_decoder(tiny(), 7), b = make_decoder(tiny(), 7), c = make_decoder(tiny(), 8);
  CHECK(torch::equal(a.layers[1].up.weight, b.layers[1].up.weight));
  CHECK_FALSE(torch::equal(a.layers[1].up.weight, c.layers[1].up.weight));
  CHECK_FALSE(torch::equal(a.layers[1].up.weight, a.layers[0].up.weight));
}

TEST_CASE("packed documents have the hidden states that they have alone") {
  Decoder decoder = tiny_decoder();
  auto docs = documents();
  torch::Tensor packed = hidden_states(decoder, pack({{docs[0], docs[1], docs[2]}, {docs[3]}}, 20));
  CHECK(packed.sizes() == torch::IntArrayRef({2, 20, 16}));
  CHECK(largest_difference(packed[0].slice(0, 0, 8), hidden_states(decoder, alone(docs[0]))[0]) < 1e-5);
  CHECK(largest_difference(packed[0].slice(0, 8, 11), hidden_states(decoder, alone(docs[1]))[0]) < 1e-5);
  CHECK(largest_difference(packed[0].slice(0, 11, 16), hidden_states(decoder, alone(docs[2]))[0]) < 1e-5);
  CHECK(largest_difference(packed[1].slice(0, 0, 9), hidden_states(decoder, alone(docs[3]))[0]) < 1e-5);
}

TEST_CASE("packed documents give the gradients that they give alone") {
  auto docs = documents();
  auto gradients = [&](const std::vector<PackedBatch>& batches) {
    Decoder decoder = tiny_decoder();
    for (auto& [name, weight] : named_weights(decoder)) weight->requires_grad_(true);
    torch::Tensor direction = torch::linspace(-1, 1, 16);
    for (const PackedBatch& batch : batches) {
      torch::Tensor real = (batch.documents_BT >= 0).unsqueeze(-1);
      (hidden_states(decoder, batch) * direction).masked_fill(~real, 0).square().sum().backward();
    }
    std::vector<torch::Tensor> result;
    for (auto& [name, weight] : named_weights(decoder)) result.push_back(weight->grad().clone());
    return result;
  };
  auto together = gradients({pack({{docs[0], docs[1], docs[2]}, {docs[3]}}, 20)});
  auto apart = gradients({alone(docs[0]), alone(docs[1]), alone(docs[2]), alone(docs[3])});
  for (size_t i = 0; i < together.size(); ++i) {
    CHECK(apart[i].abs().max().item<double>() > 0);
    CHECK(largest_difference(together[i], apart[i]) < 1e-4 * (1 + apart[i].abs().max().item<double>()));
  }
}

TEST_CASE("no token sees a later one") {
  Decoder decoder = tiny_decoder();
  torch::Tensor a = hidden_states(decoder, alone({3, 1, 4, 1, 5}));
  torch::Tensor b = hidden_states(decoder, alone({3, 1, 4, 9, 9}));
  CHECK(largest_difference(a[0].slice(0, 0, 3), b[0].slice(0, 0, 3)) == 0);
  CHECK(largest_difference(a[0][3], b[0][3]) > 1e-3);
}

TEST_CASE("decoding through the cache gives the hidden states of the whole sequence") {
  Decoder decoder = tiny_decoder();
  auto docs = documents();
  KvCache cache = make_kv_cache(decoder.config, 3, 16, torch::kFloat32);
  // Two prompts of different length into slots 2 and 0, then both token by token, the slots in another order.
  auto run = [&](std::vector<int64_t> tokens, std::vector<int64_t> slots, std::vector<int64_t> start,
                 std::vector<int64_t> lengths) {
    return hidden_states_cached(decoder, cache, torch::tensor(tokens), {slots, start, lengths});
  };
  torch::Tensor first = run({8, 9, 7, 2, 3, 8, 4}, {2, 0}, {0, 0}, {3, 4});
  torch::Tensor second = run({6, 9}, {0, 2}, {4, 3}, {1, 1});
  torch::Tensor third = run({3, 2, 6}, {2, 0}, {4, 5}, {1, 2});
  torch::Tensor whole_a = hidden_states(decoder, alone(docs[2]))[0],
                whole_b = hidden_states(decoder, alone(docs[3]))[0];
  CHECK(largest_difference(first.slice(0, 0, 3), whole_a.slice(0, 0, 3)) < 1e-5);
  CHECK(largest_difference(first.slice(0, 3, 7), whole_b.slice(0, 0, 4)) < 1e-5);
  CHECK(largest_difference(second[1], whole_a[3]) < 1e-5);
  CHECK(largest_difference(second[0], whole_b[4]) < 1e-5);
  CHECK(largest_difference(third[0], whole_a[4]) < 1e-5);
  CHECK(largest_difference(third.slice(0, 1, 3), whole_b.slice(0, 5, 7)) < 1e-5);
}

TEST_CASE("a copied slot goes on as the one that it was copied from") {
  Decoder decoder = tiny_decoder();
  KvCache cache = make_kv_cache(decoder.config, 2, 16, torch::kFloat32);
  std::vector<int64_t> zero = {0}, both = {0, 1}, three = {3}, starts = {3, 3}, ones = {1, 1};
  hidden_states_cached(decoder, cache, torch::tensor({5, 3, 5}), {zero, zero, three});
  copy_slot(cache, 0, 1, 3);
  torch::Tensor next = hidden_states_cached(decoder, cache, torch::tensor({7, 7}), {both, starts, ones});
  CHECK(torch::equal(next[0], next[1]));
}

TEST_CASE("a slot can be used again for another sequence") {
  Decoder decoder = tiny_decoder();
  KvCache cache = make_kv_cache(decoder.config, 1, 16, torch::kFloat32);
  std::vector<int64_t> zero = {0}, six = {6}, three = {3};
  hidden_states_cached(decoder, cache, torch::tensor({3, 1, 4, 1, 5, 9}), {zero, zero, six});
  torch::Tensor again = hidden_states_cached(decoder, cache, torch::tensor({5, 3, 5}), {zero, zero, three});
  CHECK(largest_difference(again, hidden_states(decoder, alone({5, 3, 5}))[0]) < 1e-5);
}

// A bf16 decoder whose matrices matter, and its logits of six tokens.
Decoder bf16_decoder(const DecoderConfig& config) {
  Decoder decoder = make_decoder(config, 1);
  for (auto& [name, weight] : named_weights(decoder))
    *weight = (weight->dim() == 2 ? *weight * 10 : *weight + 0.1).to(torch::kBFloat16);
  if (config.tied) decoder.head_VD = decoder.embedding_VD;
  return decoder;
}
torch::Tensor cached_logits(const Decoder& decoder) {
  torch::NoGradGuard no_grad;
  const std::vector<int64_t> zero = {0}, six = {6};
  KvCache cache = make_kv_cache(decoder.config, 1, 8, torch::kBFloat16);
  const torch::Tensor hidden =
      hidden_states_cached(decoder, cache, torch::tensor({3, 1, 4, 1, 5, 9}), {zero, zero, six});
  return logits_of(decoder, hidden).to(torch::kFloat32);
}

TEST_CASE("a decoder packed for decoding gives what it gives unpacked, rounded, and shares its weights") {
  DecoderConfig config = tiny();
  config.query_key_value_bias = true;
  const Decoder plain = bf16_decoder(config), packed = packed_for_decoding(plain);
  CHECK(packed.layers[0].up.weight.is_same(plain.layers[0].up.weight));
  CHECK(packed.packed_head.defined() == pack_weight(plain.head_VD).defined());
  const torch::Tensor a = cached_logits(plain), b = cached_logits(packed);
  CHECK(largest_difference(a, b) < 0.03 * a.abs().max().item<double>());
}

TEST_CASE("a decoder of eight-bit numbers gives nearly what it gives in bf16, and lets the wide ones go") {
  DecoderConfig config = tiny();
  config.query_key_value_bias = true;
  const Decoder plain = bf16_decoder(config), narrow = int8_for_decoding(plain);
  CHECK(!narrow.layers[0].up.weight.defined());
  CHECK(!narrow.head_VD.defined());
  CHECK(plain.head_VD.defined());
  const torch::Tensor a = cached_logits(plain), b = cached_logits(narrow);
  CHECK(largest_difference(a, b) < 0.06 * a.abs().max().item<double>());
  CHECK(!torch::equal(a, b));
  CHECK(torch::equal(b, cached_logits(packed_for_decoding(narrow))));
}
