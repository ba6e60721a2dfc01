#include "train/optimizer.h"

#include <cmath>

#include "base/test.h"
#include "train/schedule.h"
#include "train/tiny_model.h"

using namespace retort;

namespace {

// A decoder whose gradients are all set to the same pattern.
Decoder with_gradients(double size) {
  Decoder decoder = make_decoder(tiny_config(), 1);
  torch::manual_seed(5);
  for (auto& [name, weight] : named_weights(decoder)) {
    weight->requires_grad_(true);
    weight->mutable_grad() = size * torch::randn(weight->sizes());
  }
  return decoder;
}

}  // namespace

TEST_CASE("five Newton-Schulz steps bring singular values near one and keep the vectors") {
  torch::manual_seed(4);
  torch::Tensor matrices = torch::randn({3, 16, 24});
  for (const torch::Tensor& stack : {matrices, matrices.transpose(1, 2).contiguous()}) {
    torch::Tensor result = orthogonalize(stack);
    CHECK(result.sizes() == stack.sizes());
    torch::Tensor values = torch::linalg_svdvals(result);
    CHECK(values.min().item<double>() > 0.6);
    CHECK(values.max().item<double>() < 1.25);
    // The polar factor, up to the spread of the values.
    auto [u, s, v] = torch::linalg_svd(stack, false);
    CHECK((result - torch::matmul(u, v)).norm().item<double>() < 0.3 * result.norm().item<double>());
  }
}

TEST_CASE("the first AdamW step is the learning rate against the gradient's sign") {
  Decoder decoder = with_gradients(1);
  torch::Tensor before = decoder.layers[0].gate.weight.detach().clone();
  torch::Tensor sign = decoder.layers[0].gate.weight.grad().sign();
  TrainOptions options;
  options.optimizer = "adamw", options.learning_rate = 1e-2, options.weight_decay = 0.1;
  Optimizer optimizer(decoder, options);
  optimizer.step(0.5, 0);
  torch::Tensor wanted = before * (1 - 0.5e-2 * 0.1) - 0.5e-2 * sign;
  CHECK(torch::allclose(decoder.layers[0].gate.weight, wanted, 1e-4, 1e-6));
}

TEST_CASE("weight decay falls on the layers' matrices alone") {
  for (const char* name : {"adamw", "muon"}) {
    Decoder decayed = with_gradients(0), plain = with_gradients(0);
    TrainOptions options;
    options.optimizer = name;
    Optimizer(plain, options).step(1, 0);
    options.weight_decay = 1;
    Optimizer(decayed, options).step(1, 0);
    CHECK(torch::equal(plain.embedding_VD, decayed.embedding_VD));
    CHECK(torch::equal(plain.final_norm_D, decayed.final_norm_D));
    CHECK(torch::allclose(plain.layers[1].down.weight * (1 - options.learning_rate),
                          decayed.layers[1].down.weight));
  }
}

TEST_CASE("Muon moves a matrix by 0.2 sqrt(longer side) along its orthogonal momentum") {
  Decoder decoder = with_gradients(1e-3);
  torch::Tensor before = decoder.layers[0].up.weight.detach().clone();
  torch::Tensor gradient = decoder.layers[0].up.weight.grad().clone();
  TrainOptions options;
  options.learning_rate = 1e-2;
  Optimizer optimizer(decoder, options);
  optimizer.step(1, 0);
  torch::Tensor moved = (before - decoder.layers[0].up.weight) / (1e-2 * 0.2 * std::sqrt(24.0));
  CHECK(torch::allclose(moved, orthogonalize(gradient.unsqueeze(0))[0], 1e-2, 1e-3));
  CHECK(optimizer.state().size() == 2 * (1 + 5) + 4);  // two moments of embedding and norms, four shapes
}

TEST_CASE("gradients are clipped to the norm, and left alone below it") {
  Decoder decoder = with_gradients(1);
  double norm = 0;
  for (auto& [name, weight] : named_weights(decoder)) norm += weight->grad().square().sum().item<double>();
  TrainOptions options;
  options.clip_norm = 2;
  CHECK(Optimizer(decoder, options).clip_gradients() == doctest::Approx(std::sqrt(norm)).epsilon(1e-5));
  CHECK(Optimizer(decoder, options).clip_gradients() == doctest::Approx(2).epsilon(1e-5));
  options.clip_norm = 3;
  CHECK(Optimizer(decoder, options).clip_gradients() == doctest::Approx(2).epsilon(1e-5));
  options.clip_norm = 0;
  CHECK(Optimizer(decoder, options).clip_gradients() == doctest::Approx(2).epsilon(1e-5));
}

TEST_CASE("the rate rises over the warm-up, then follows the cosine to its final share") {
  TrainOptions options;
  options.warmup_share = 0.1, options.final_share = 0.2;
  CHECK(schedule_share(options, 0, 100) == doctest::Approx(0.1));
  CHECK(schedule_share(options, 9, 100) == doctest::Approx(1));
  CHECK(schedule_share(options, 10, 100) == doctest::Approx(1));
  CHECK(schedule_share(options, 55, 100) == doctest::Approx(0.6));
  CHECK(schedule_share(options, 99, 100) == doctest::Approx(0.2).epsilon(0.01));
  options.schedule = "linear";
  CHECK(schedule_share(options, 55, 100) == doctest::Approx(0.6));
  options.schedule = "constant";
  CHECK(schedule_share(options, 55, 100) == 1);
}
