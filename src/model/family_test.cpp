// Every family with its quirks: config and weights there and back. What they compute is compared with
// `transformers` in tests/family_parity.py.
#include "model/family.h"

#include "base/test.h"
#include "model/config_json.h"
#include "model/folder.h"
#include "model/layout.h"

namespace retort {
namespace {

DecoderConfig small(Family family) {
  DecoderConfig c{.vocabulary = 20,
                  .width = 8,
                  .layers = 4,
                  .heads = 2,
                  .kv_heads = 1,
                  .head_width = 4,
                  .feed_forward = 12,
                  .rope_base = 300,
                  .tied = true,
                  .context = 64};
  c.family = family;
  return c;
}

// What `transformers` would write for a small model of the family.
Json config_of(Family family) {
  Json config = make_config_json(small(family), "float32");
  if (family == Family::Mistral || family == Family::Phi3) config.set("sliding_window", 5);
  if (family == Family::Qwen2 || family == Family::Qwen3)
    config.set("use_sliding_window", true)
        .set("sliding_window", 6)
        .set("layer_types", nullptr)
        .set("max_window_layers", 2);
  if (family == Family::SmolLm3) config.set("no_rope_layers", nullptr);
  if (family == Family::Gemma2 || family == Family::Gemma3)
    config.set("query_pre_attn_scalar", 9).set("sliding_window", 6).set("layer_types", nullptr);
  if (family == Family::Gemma2) config.set("attn_logit_softcapping", 50.0);
  if (family == Family::Gemma3) config.set("sliding_window_pattern", 2);
  return config;
}

constexpr Family kAll[] = {Family::Llama,  Family::Mistral, Family::Qwen2, Family::Qwen3, Family::SmolLm3,
                           Family::Gemma2, Family::Gemma3,  Family::Phi3,  Family::Olmo2};

Json long_rope_members() {
  Json factors = Json::array().push(1.0).push(2.5);
  return Json::object().set("type", "longrope").set("short_factor", factors).set("long_factor", factors);
}

TEST_CASE("every family's config comes back from what we write of it, with every scaling of RoPE") {
  for (Family family : kAll) {
    DecoderConfig c = or_throw(parse_decoder_config(config_of(family)));
    CAPTURE(static_cast<int>(family));
    CHECK(c.family == family);
    CHECK(or_throw(parse_decoder_config(make_config_json(c, "float32"))) == c);
    std::vector<Json> ropes;
    ropes.push_back(Json::object().set("type", "linear").set("factor", 2.0));
    ropes.push_back(Json::object().set("rope_type", "llama3").set("factor", 8.0));
    ropes.push_back(Json::object().set("rope_type", "yarn").set("factor", 4.0).set("beta_fast", 16.0));
    if (family == Family::Phi3) ropes = {long_rope_members()};
    for (const Json& rope : ropes) {
      c = or_throw(parse_decoder_config(config_of(family).set("rope_scaling", rope)));
      CHECK(c.rope_scaling.kind != RopeScalingKind::None);
      CHECK(or_throw(parse_decoder_config(make_config_json(c, "float32"))) == c);
    }
  }
}

TEST_CASE("a window that no layer has is none") {
  for (Family family : {Family::Qwen2, Family::Qwen3}) {
    const DecoderConfig c = or_throw(parse_decoder_config(config_of(family).set("max_window_layers", 28)));
    CHECK(c.layer_kinds.empty());
    CHECK(or_throw(parse_decoder_config(make_config_json(c, "float32"))) == c);
  }
  // transformers refuses a Gemma without a number there.
  const Json all_see_all = config_of(Family::Gemma3).set("sliding_window_pattern", 1);
  const DecoderConfig c = or_throw(parse_decoder_config(all_see_all));
  CHECK(or_throw(parse_decoder_config(make_config_json(c, "float32"))) == c);
  CHECK(make_config_json(c, "float32").at_path("sliding_window").integer_or(0) > 0);
}

TEST_CASE("every family's folder loads as what was saved, to the bit, and saves again as the same bytes") {
  for (Family family : kAll) {
    CAPTURE(static_cast<int>(family));
    TemporaryFolder folder;
    Decoder decoder = make_decoder(or_throw(parse_decoder_config(config_of(family))), 1);
    or_throw(save_model_folder(folder.path(), decoder, Json::object(), torch::kFloat32));
    std::string bytes = or_throw(read_file(folder.path() / "model.safetensors"));
    ModelFolder back = or_throw(load_model_folder(folder.path()));
    CHECK(back.decoder.config == decoder.config);
    auto wanted = named_weights(decoder), got = named_weights(back.decoder);
    REQUIRE(got.size() == wanted.size());
    for (size_t i = 0; i < got.size(); ++i) CHECK(torch::equal(*got[i].second, *wanted[i].second));
    or_throw(save_model_folder(folder.path(), back.decoder, back.config, torch::kFloat32));
    CHECK(or_throw(read_file(folder.path() / "model.safetensors")) == bytes);
  }
}

TEST_CASE("every family decodes through the cache as it reads the whole sequence, beyond its window") {
  torch::set_num_threads(1);
  for (Family family : kAll) {
    CAPTURE(static_cast<int>(family));
    Decoder decoder = make_decoder(or_throw(parse_decoder_config(config_of(family))), 1);
    for (auto& [name, weight] : named_weights(decoder))
      if (weight->dim() == 2) weight->mul_(3);
    torch::Tensor tokens_BT = torch::arange(17).unsqueeze(0) * 7 % 20;
    PackedBatch batch{tokens_BT, torch::arange(17).unsqueeze(0), torch::zeros_like(tokens_BT)};
    torch::Tensor whole = logits_of(decoder, hidden_states(decoder, batch))[0];
    KvCache cache = make_kv_cache(decoder.config, 2, 20, torch::kFloat32);
    const std::vector<int64_t> slot = {1}, one = {1}, nine = {9};
    std::vector<int64_t> start = {0};
    torch::Tensor tokens_N = tokens_BT[0];
    torch::Tensor first_ND =
        hidden_states_cached(decoder, cache, tokens_N.narrow(0, 0, 9), {slot, start, nine});
    CHECK((logits_of(decoder, first_ND) - whole.narrow(0, 0, 9)).abs().max().item<double>() < 1e-4);
    for (start[0] = 9; start[0] < 17; ++start[0]) {
      torch::Tensor next_ND =
          hidden_states_cached(decoder, cache, tokens_N.narrow(0, start[0], 1), {slot, start, one});
      CHECK((logits_of(decoder, next_ND)[0] - whole[start[0]]).abs().max().item<double>() < 1e-4);
    }
  }
}

TEST_CASE("Phi-3's projections are stored joined") {
  Decoder decoder = make_decoder(small(Family::Phi3), 1);
  std::vector<StoredTensor> stored = stored_tensors(decoder);
  CHECK(stored[2].name == "model.layers.0.self_attn.qkv_proj.weight");
  CHECK(stored_shape(decoder.config, stored[2]) == std::vector<int64_t>{16, 8});
  CHECK(stored[5].name == "model.layers.0.mlp.gate_up_proj.weight");
  CHECK(stored[5].parts.size() == 2);
}

// Every member of a config, one after another, as each of these.
TEST_CASE("whatever stands in a config.json, it is read or refused with its member's name") {
  const Json hostile[] = {nullptr,
                          true,
                          -1,
                          0,
                          1.5,
                          1e300,
                          -1e300,
                          "x",
                          Json::array(),
                          Json::object(),
                          Json::array().push(-1),
                          Json(int64_t{1} << 62),
                          std::string(5'000, 'y')};
  for (Family family : kAll) {
    Json config = config_of(family);
    for (const auto& [name, value] : config.members())
      for (const Json& other : hostile) {
        Result<DecoderConfig> c = parse_decoder_config(Json(config).set(name, other));
        if (!c) CHECK(c.error().message.starts_with("config.json: "));
        if (c) CHECK_NOTHROW(check_decoder_config(*c));
        if (!c) CHECK(c.error().message.size() < 400);
      }
  }
  CHECK(parse_decoder_config(Json::array()).error().code == ErrorCode::Malformed);
}

TEST_CASE("an error in a config.json names the member") {
  auto message = [](const char* name, Json value) {
    return parse_decoder_config(config_of(Family::Gemma3).set(name, std::move(value))).error().message;
  };
  auto named = [&](const char* name, Json value) {
    return message(name, std::move(value)).find(name) != std::string::npos;
  };
  CHECK(named("hidden_size", "wide"));
  CHECK(named("layer_types", Json::array().push("full_attention")));
  CHECK(named("sliding_window", -3));
  CHECK(named("rms_norm_eps", -1.0));
  CHECK(named("tie_word_embeddings", "yes"));
  CHECK(named("query_pre_attn_scalar", 0));
}

}  // namespace
}  // namespace retort
