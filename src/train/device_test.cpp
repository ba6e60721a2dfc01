// Training on another device: a stand-in everywhere, and a GPU where there is one.
#include "base/test.h"
#include "model/adapter.h"
#include "nn/stand_in_device.h"
#include "train/tiny_model.h"
#include "train/trainer.h"

using namespace retort;

namespace {

DecoderConfig qwen3_like() {
  DecoderConfig config = tiny_config();
  config.tied = false, config.query_key_norm = QueryKeyNorm::PerHead, config.query_key_value_bias = true;
  config.rope_scaling.kind = RopeScalingKind::Yarn, config.rope_scaling.factor = 4;
  config.rope_scaling.original_context = 16;
  return config;
}

DecoderConfig gemma2_like() {
  DecoderConfig config = tiny_config();
  config.norm_placement = NormPlacement::Both, config.norm_weight = NormWeight::OnePlus;
  config.activation = Activation::GeluTanh, config.embedding_scale = 4;
  config.attention_softcap = 5, config.final_softcap = 3;
  config.layer_kinds = {{.window = 4}, {.window = 0, .rope = LayerRope::Local}};
  return config;
}

DecoderConfig olmo2_like() {
  DecoderConfig config = tiny_config();
  config.norm_placement = NormPlacement::After, config.query_key_norm = QueryKeyNorm::Whole;
  config.norm_weight = NormWeight::Wide;
  return config;
}

// The losses of a few steps, before them and after.
std::vector<double> losses(const DecoderConfig& config, torch::Device device, const TrainOptions& options,
                           bool adapters) {
  Decoder decoder = make_decoder(config, 1);
  move_to(device, decoder);
  if (adapters) or_throw(attach_adapters(decoder, {.rank = 4}, 1));
  const auto data = tiny_documents(30);
  std::vector<double> found = {mean_loss(decoder, data, options.row_tokens)};
  for (double loss : or_throw(train(decoder, data, options, {})).losses) found.push_back(loss);
  found.push_back(mean_loss(decoder, data, options.row_tokens));
  return found;
}

void expect_same_losses(const DecoderConfig& config, const TrainOptions& options, double tolerance,
                        bool adapters = false) {
  const std::vector<double> here = losses(config, torch::kCPU, options, adapters);
  for (torch::Device device : other_devices()) {
    INFO(device.str());
    const std::vector<double> there = losses(config, device, options, adapters);
    REQUIRE(there.size() == here.size());
    for (size_t i = 0; i < here.size(); ++i) CHECK(there[i] == doctest::Approx(here[i]).epsilon(tolerance));
  }
}

TrainOptions few_steps() {
  TrainOptions options;
  options.steps = 5, options.rows_per_step = 2, options.row_tokens = 32, options.learning_rate = 1e-2;
  options.weight_decay = 0.1;
  return options;
}

TEST_CASE("the stand-in refuses what a GPU would") {
  const torch::Tensor here = torch::ones({3}), there = here.to(torch::Device(kStandIn, 0));
  CHECK_THROWS(there + here);
  CHECK_THROWS(there.index_select(0, torch::tensor({1})));
  CHECK((there + there + 1).sum().item<double>() == 9);
}

TEST_CASE("models of every make learn on another device as on the processor") {
  for (const DecoderConfig& config : {tiny_config(), qwen3_like(), gemma2_like(), olmo2_like()})
    expect_same_losses(config, few_steps(), 1e-3);
}

TEST_CASE("either optimizer, activations made again, passes of one row, adapters, bf16: on another device") {
  TrainOptions options = few_steps();
  options.optimizer = "adamw";
  options.recompute = "on";
  options.pass_tokens = options.row_tokens;
  expect_same_losses(tiny_config(), options, 1e-3);
  expect_same_losses(tiny_config(), few_steps(), 1e-3, true);
  options.compute = "bf16";
  expect_same_losses(tiny_config(), options, 3e-2);
}

TEST_CASE("a checkpoint of another device goes on there, to the same losses") {
  for (torch::Device device : other_devices()) {
    INFO(device.str());
    TemporaryFolder folder;
    TrainOptions options = few_steps();
    options.checkpoint_every_steps = 2;
    const auto data = tiny_documents(30);
    const auto begun = [&] {
      Decoder decoder = make_decoder(tiny_config(), 1);
      move_to(device, decoder);
      return decoder;
    };
    Decoder whole = begun(), stopped = begun(), resumed = begun();
    const TrainReport all = or_throw(train(whole, data, options, folder.path() / "whole"));
    CHECK_THROWS(or_throw(train(stopped, data, options, folder.path() / "parts", [](const TrainProgress& p) {
      if (p.step == 3) throw RunError(ErrorCode::Interrupted, "killed");
    })));
    std::optional<int64_t> first_step;
    const TrainReport rest =
        or_throw(train(resumed, data, options, folder.path() / "parts", [&](const TrainProgress& p) {
          if (!first_step) first_step = p.step;
        }));
    CHECK(first_step == 3);
    CHECK(rest.losses.back() == doctest::Approx(all.losses.back()).epsilon(1e-6));
  }
}

}  // namespace
