#include "gguf/architecture.h"

#include "base/test.h"
#include "gguf/mix.h"

namespace retort {
namespace {

Json llama_config() {
  Json config =
      Json::object().set("architectures", Json::array().push("LlamaForCausalLM")).set("model_type", "llama");
  config.set("max_position_embeddings", 8'192).set("hidden_size", 576).set("num_hidden_layers", 30);
  config.set("intermediate_size", 1'536).set("num_attention_heads", 9).set("num_key_value_heads", 3);
  config.set("head_dim", 64).set("vocab_size", 49'152).set("tie_word_embeddings", true);
  config.set("rope_theta", 100'000.0).set("rope_scaling", nullptr);
  return config.set("rms_norm_eps", 1e-5).set("hidden_act", "silu");
}

GgufHeader header_of(GgufMetadata metadata) {
  GgufHeader header{kGgufVersion, std::move(metadata), {}};
  header.tensors.push_back({"token_embd.weight", {49'152, 576}, GgufTensorType::F32});
  return header;
}

TEST_CASE("a config goes into GGUF and comes back") {
  Json back = config_of_gguf(header_of(gguf_of_config(llama_config(), "x").value()), {}).value();
  CHECK(back.canonical() == llama_config().canonical());
}

TEST_CASE("rope scaling comes back: linear and yarn as values, llama3 as factors") {
  for (const char* type : {"linear", "yarn", "llama3"}) {
    Json scaling = Json::object().set("rope_type", type).set("factor", 8.0);
    if (std::string_view(type) == "llama3") scaling.set("low_freq_factor", 1.0).set("high_freq_factor", 4.0);
    if (std::string_view(type) != "linear") scaling.set("original_max_position_embeddings", 8'192);
    Json config = llama_config().set("rope_scaling", scaling).set("rope_theta", 500'000.0);
    GgufRopeFactors factors = rope_factors_of(config);
    CHECK(factors.all.empty() == (std::string_view(type) != "llama3"));
    Json back = config_of_gguf(header_of(gguf_of_config(config, "x").value()), factors).value();
    CHECK(back.canonical() == config.canonical());
  }
}

TEST_CASE("Llama 3's factors: 1 for fast frequencies, the factor for slow ones") {
  Json scaling = Json::object().set("rope_type", "llama3").set("factor", 32.0);
  std::vector<float> factors =
      rope_factors_of(llama_config().set("rope_scaling", scaling).set("rope_theta", 5e5)).all;
  REQUIRE(factors.size() == 32);
  CHECK(factors.front() == 1);
  CHECK(factors.back() == 32);
  CHECK(std::is_sorted(factors.begin(), factors.end()));
  std::vector<float> strange(32, 3.0f);
  strange.back() = 7;
  CHECK(config_of_gguf(header_of(gguf_of_config(llama_config(), "x").value()), {strange, {}, {}})
            .error()
            .code == ErrorCode::InvalidArgument);
}

TEST_CASE("weights are called as llama.cpp calls them, by where a family's norms stand") {
  auto name = [](const char* model_type, std::string_view weight) {
    return gguf_name(*find_model_type(model_type).value(), weight).value_or("none");
  };
  for (auto [ours, gguf] :
       {std::pair{"model.embed_tokens.weight", "token_embd.weight"},
        std::pair{"lm_head.weight", "output.weight"},
        std::pair{"model.layers.0.self_attn.q_proj.bias", "blk.0.attn_q.bias"},
        std::pair{"model.layers.31.mlp.down_proj.weight", "blk.31.ffn_down.weight"},
        std::pair{"model.layers.7.post_attention_layernorm.weight", "blk.7.ffn_norm.weight"}})
    CHECK(name("llama", ours) == gguf);
  CHECK(name("phi3", "model.layers.2.mlp.gate_up_proj.weight") == "blk.2.ffn_up.weight");
  for (auto [ours, gguf] :
       {std::pair{"model.layers.1.post_attention_layernorm.weight", "blk.1.post_attention_norm.weight"},
        std::pair{"model.layers.1.pre_feedforward_layernorm.weight", "blk.1.ffn_norm.weight"},
        std::pair{"model.layers.1.post_feedforward_layernorm.weight", "blk.1.post_ffw_norm.weight"}})
    CHECK(name("gemma2", ours) == gguf);
  for (const char* strange :
       {"", "model.layers.", "model.layers.x.mlp.up_proj.weight", "model.layers.1",
        "model.layers.1.input_layernorm", "model.layers.1.mlp.z_proj.weight",
        "model.layers.99999999999.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.scale"})
    CHECK(name("llama", strange) == "none");
}

TEST_CASE("an OLMo 3 is not taken for an OLMo 2") {
  GgufMetadata metadata = gguf_of_config(llama_config().set("model_type", "olmo2"), "x").value();
  CHECK(config_of_gguf(header_of(metadata), {}).has_value());
  metadata.add_integer("olmo2.attention.sliding_window", 4'096);
  CHECK(config_of_gguf(header_of(metadata), {}).error().message.find("OLMo 3") != std::string::npos);
}

TEST_CASE("a family that is not known, a missing size and an absurd one are named") {
  auto error = [](std::string_view key, std::optional<GgufValue> value) {
    GgufMetadata metadata;
    const GgufMetadata sound = gguf_of_config(llama_config(), "x").value();
    for (const auto& [name, old] : sound.entries())
      if (name != key)
        metadata.add(name, old);
      else if (value)
        metadata.add(name, *value);
    return config_of_gguf(header_of(metadata), {}).error();
  };
  auto number = [](int64_t n) { return GgufValue{GgufValueType::Uint32, {}, n}; };
  CHECK(error("general.architecture", GgufValue{GgufValueType::String, {}, "mamba"}).code ==
        ErrorCode::InvalidArgument);
  CHECK(error("llama.block_count", std::nullopt).message.find("llama.block_count") != std::string::npos);
  CHECK(error("llama.block_count", number(0)).code == ErrorCode::Malformed);
  CHECK(error("llama.attention.head_count", number(int64_t{1} << 31)).code == ErrorCode::Malformed);
  CHECK(error("llama.rope.dimension_count", number(32)).code == ErrorCode::InvalidArgument);
}

TEST_CASE("Q4_K_M spends its bits as llama.cpp does") {
  GgufMixContext context{.mix = GgufMix::Q4_K_M, .layers = 32, .tied = false};
  auto type = [&](const char* name, int64_t row = 4'096) { return tensor_type_in(context, name, {64, row}); };
  CHECK((type("output.weight") == GgufTensorType::Q6_K));
  CHECK((type("token_embd.weight") == GgufTensorType::Q4_K));
  CHECK((type("blk.0.attn_q.weight") == GgufTensorType::Q4_K));
  std::string more;
  for (int layer = 0; layer < 32; ++layer)
    if (type(format("blk.{}.ffn_down.weight", layer).c_str()) == GgufTensorType::Q6_K)
      more += format("{} ", layer);
  CHECK(more == "0 1 2 3 6 9 12 15 18 21 24 27 28 29 30 31 ");
  CHECK((type("blk.6.attn_v.weight") == GgufTensorType::Q6_K));
  CHECK((tensor_type_in(context, "blk.0.attn_norm.weight", {64}) == GgufTensorType::F32));
}

TEST_CASE("rows that blocks do not divide fall back") {
  GgufMixContext context{.mix = GgufMix::Q4_K_M, .layers = 30, .tied = true};
  CHECK((tensor_type_in(context, "blk.9.attn_q.weight", {576, 576}) == GgufTensorType::Q5_0));
  CHECK((tensor_type_in(context, "token_embd.weight", {100, 576}) == GgufTensorType::Q8_0));
  CHECK((tensor_type_in(context, "blk.9.attn_q.weight", {8, 40}) == GgufTensorType::F16));
  context.mix = GgufMix::Q8_0;
  CHECK((tensor_type_in(context, "blk.9.attn_q.weight", {8, 40}) == GgufTensorType::F16));
  CHECK(parse_gguf_mix("q4_k_n").error().message.find("q4_k_m") != std::string::npos);
}

}  // namespace
}  // namespace retort
