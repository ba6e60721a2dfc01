#include "model/gguf_model.h"

#include <cmath>
#include <fstream>

#include "base/random.h"
#include "base/test.h"
#include "gguf/architecture.h"
#include "model/config_json.h"

namespace retort {
namespace {

DecoderConfig small(bool tied) {
  return {.vocabulary = 20,
          .width = 32,
          .layers = 2,
          .heads = 4,
          .kv_heads = 2,
          .head_width = 8,
          .feed_forward = 64,
          .rope_base = 300,
          .tied = tied,
          .context = 32};
}

Result<void> save(const Path& path, Decoder& decoder, GgufMix mix) {
  Json config = make_config_json(decoder.config, "float32");
  return save_gguf_model(path, decoder, config, gguf_of_config(config, "small").value(), mix);
}

Result<GgufModel> load(const Path& path) {
  Result<GgufFile> file = GgufFile::open(path);
  if (!file) return file.error();
  return load_gguf_model(*file);
}

double largest_difference(Decoder& a, Decoder& b) {
  auto left = named_weights(a), right = named_weights(b);
  REQUIRE(left.size() == right.size());
  double largest = 0;
  for (size_t i = 0; i < left.size(); ++i)
    largest = std::max(largest, (*left[i].second - *right[i].second).abs().max().item<double>());
  return largest;
}

TEST_CASE("a decoder comes back to the bit as F32, and nearly in fewer bits, tied and not") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.gguf";
  for (bool tied : {true, false})
    for (auto [mix, most] :
         {std::pair{GgufMix::F32, 0.0}, std::pair{GgufMix::F16, 1e-3}, std::pair{GgufMix::BF16, 8e-3},
          std::pair{GgufMix::Q8_0, 1e-2}, std::pair{GgufMix::Q4_K_M, 0.06}}) {
      Decoder decoder = make_decoder(small(tied), 1);
      or_throw(save(path, decoder, mix));
      GgufModel back = load(path).value();
      CHECK(largest_difference(decoder, back.decoder) <= most);
      CHECK(back.decoder.config.tied == tied);
      CHECK(back.decoder.config.rope_base == 300);
      CHECK(back.decoder.config.context == 32);
      CHECK(back.decoder.head_VD.is_same(back.decoder.embedding_VD) == tied);
    }
}

LayerKind slides(LayerRope rope = LayerRope::Global) { return {.window = 8, .rope = rope}; }

// Each family with what it has beyond LLaMA.
std::vector<DecoderConfig> families() {
  DecoderConfig qwen3 = small(true), smollm3 = small(true), phi3 = small(false), olmo2 = small(false);
  qwen3.family = Family::Qwen3;
  qwen3.query_key_norm = QueryKeyNorm::PerHead;
  smollm3.family = Family::SmolLm3;
  smollm3.layers = 4;
  smollm3.layer_kinds = {{}, {}, {}, {.rope = LayerRope::None}};
  phi3.family = Family::Phi3;
  phi3.rotated_width = 6;
  phi3.rope_scaling = {.kind = RopeScalingKind::LongRope,
                       .factor = 4,
                       .original_context = 8,
                       .attention_factor = 1.29,
                       .short_factors = {1, 1.05, 1.1},
                       .long_factors = {1, 2.5, 4}};
  olmo2.family = Family::Olmo2;
  olmo2.norm_placement = NormPlacement::After;
  olmo2.norm_weight = NormWeight::Wide;
  olmo2.query_key_norm = QueryKeyNorm::Whole;
  DecoderConfig gemma2 = small(true);
  gemma2.family = Family::Gemma2;
  gemma2.norm_placement = NormPlacement::Both;
  gemma2.norm_weight = NormWeight::OnePlus;
  gemma2.activation = Activation::GeluTanh;
  gemma2.embedding_scale = std::sqrt(32.0);
  gemma2.query_scale = 1 / std::sqrt(8.0);
  DecoderConfig gemma3 = gemma2;
  gemma2.attention_softcap = 40;
  gemma2.final_softcap = 20;
  gemma2.layer_kinds = {slides(), {}};
  gemma3.family = Family::Gemma3;
  gemma3.query_key_norm = QueryKeyNorm::PerHead;
  gemma3.layers = 6;
  gemma3.layer_kinds.assign(6, slides(LayerRope::Local));
  gemma3.layer_kinds[5] = {};
  return {qwen3, smollm3, phi3, olmo2, gemma2, gemma3};
}

TEST_CASE("every family comes back with its weights and its config") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.gguf";
  for (const DecoderConfig& config : families()) {
    Decoder decoder = make_decoder(config, 1);
    or_throw(save(path, decoder, GgufMix::F32));
    GgufModel back = load(path).value();
    CHECK(largest_difference(decoder, back.decoder) <= 1e-6);  // 1 + weight rounds
    CHECK(make_config_json(back.decoder.config, "float32").canonical() ==
          make_config_json(config, "float32").canonical());
  }
}

TEST_CASE("what llama.cpp takes for granted of a family and does not hold is refused by its name") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.gguf";
  auto error = [&](const DecoderConfig& config) {
    Decoder decoder = make_decoder(config, 1);
    Result<void> saved = save(path, decoder, GgufMix::F32);
    return saved ? "it is written" : saved.error().message;
  };
  DecoderConfig smollm3 = families()[1], gemma2 = families()[4], gemma3 = families()[5],
                mistral = small(true);
  smollm3.layer_kinds[1].rope = LayerRope::None;
  CHECK(error(smollm3).find("no_rope_layers") != std::string::npos);
  gemma2.query_scale = 0.5;
  CHECK(error(gemma2).find("query_pre_attn_scalar") != std::string::npos);
  gemma3.layer_kinds[2] = {};
  CHECK(error(gemma3).find("layer_types") != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path()));
  mistral.family = Family::Mistral;
  mistral.layer_kinds.assign(2, slides());
  CHECK(error(mistral) == "it is written");
}

TEST_CASE("query rows lie in the file as llama.cpp turns them: neighbours are the two halves") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.gguf";
  Decoder decoder = make_decoder(small(true), 1);
  or_throw(save(path, decoder, GgufMix::F32));
  GgufFile file = GgufFile::open(path).value();
  torch::Tensor query;
  for (auto& [name, weight] : named_weights(decoder))
    if (name == "model.layers.1.self_attn.q_proj.weight") query = *weight;
  std::vector<float> row(32);
  for (auto [stored, ours] : {std::pair{0, 0}, std::pair{1, 4}, std::pair{2, 1}, std::pair{7, 7},
                              std::pair{8, 8}, std::pair{9, 12}}) {
    or_throw(file.read_rows(*file.find("blk.1.attn_q.weight"), static_cast<uint64_t>(stored), row));
    CHECK(torch::equal(torch::tensor(row), query[ours]));
  }
}

// The head of a sound file, and what its metadata and tensors would be with one thing changed.
struct Parts {
  GgufMetadata metadata;
  std::vector<GgufTensorPlan> plans;
};
Parts sound_parts() {
  Decoder decoder = make_decoder(small(true), 1);
  Json config = make_config_json(decoder.config, "float32");
  Parts parts{gguf_of_config(config, "small").value(), {}};
  for (auto& [name, weight] : named_weights(decoder))
    parts.plans.push_back({gguf_name(*find_model_type("llama").value(), name).value(), weight->sizes().vec(),
                           GgufTensorType::F32});
  return parts;
}
Error load_error(const Parts& parts) {
  TemporaryFolder folder;
  Path path = folder.path() / "x.gguf";
  GgufWriter writer = GgufWriter::create(path, parts.metadata, parts.plans).value();
  for (const GgufTensorPlan& plan : parts.plans) {
    int64_t elements = 1;
    for (int64_t size : plan.shape) elements *= size;
    or_throw(writer.write_blocks(std::string(static_cast<size_t>(elements) * 4, '\0')));
  }
  or_throw(writer.finish());
  Result<GgufModel> model = load(path);
  if (model) return {ErrorCode::NotFound, "it loads"};
  CHECK(model.error().message.find("x.gguf") != std::string::npos);
  return model.error();
}
Parts with(std::string_view key, GgufValue value) {
  Parts parts = sound_parts(), changed{{}, parts.plans};
  for (const auto& [name, old] : parts.metadata.entries())
    changed.metadata.add(name, name == key ? value : old);
  return changed;
}

TEST_CASE("metadata and tensors that do not fit one another are named") {
  CHECK(load_error(sound_parts()).message == "it loads");
  auto number = [](int64_t n) { return GgufValue{GgufValueType::Uint32, {}, n}; };
  CHECK(load_error(with("llama.embedding_length", number(64))).code == ErrorCode::Mismatch);
  CHECK(load_error(with("llama.block_count", number(3))).code == ErrorCode::Mismatch);
  CHECK(load_error(with("llama.block_count", number(4'000))).code == ErrorCode::Mismatch);
  CHECK(load_error(with("llama.block_count", number(1))).code == ErrorCode::InvalidArgument);
  CHECK(load_error(with("llama.attention.head_count", number(3))).code == ErrorCode::Malformed);
  Parts parts = sound_parts();
  parts.plans.pop_back();
  CHECK(load_error(parts).message.find("output_norm.weight") != std::string::npos);
  parts.plans.push_back({"blk.0.attn_q_norm.weight", {32}, GgufTensorType::F32});
  parts.plans.push_back({"output_norm.weight", {32}, GgufTensorType::F32});
  CHECK(load_error(parts).message.find("blk.0.attn_q_norm.weight") != std::string::npos);
}

TEST_CASE("weights that a type cannot hold are refused by name, and no file appears") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.gguf";
  Decoder decoder = make_decoder(small(true), 1);
  decoder.embedding_VD[3][4] = 1e6;
  CHECK(save(path, decoder, GgufMix::F16).error().message.find("embed_tokens") != std::string::npos);
  CHECK(save(path, decoder, GgufMix::Q8_0).error().code == ErrorCode::InvalidArgument);
  or_throw(save(path, decoder, GgufMix::BF16));
  decoder.embedding_VD[3][4] = std::nan("");
  std::filesystem::remove(path);
  CHECK(save(path, decoder, GgufMix::F32).error().code == ErrorCode::InvalidArgument);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("every truncation of a model is an error, and flipped bytes are survived") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.gguf";
  Decoder decoder = make_decoder(small(true), 1);
  or_throw(save(path, decoder, GgufMix::Q8_0));
  const std::string sound = or_throw(read_file(path));
  auto load_bytes = [&](std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return load(path).has_value();
  };
  for (size_t size = 0; size < sound.size() - 32; size += size < 3'000 ? 7 : 997)
    CHECK_FALSE(load_bytes(std::string_view(sound).substr(0, size)));
  Random random(3, "gguf/model");
  const int flips = std::getenv("RETORT_LONG") != nullptr ? 20'000 : 1'000;
  for (int i = 0; i < flips; ++i) {
    std::string damaged = sound;
    damaged[random.below(3'000)] ^= static_cast<char>(1 << random.below(8));
    load_bytes(damaged);
  }
}

}  // namespace
}  // namespace retort
