#include "train/loss.h"

#include "base/test.h"
#include "train/tiny_model.h"

using namespace retort;

TEST_CASE("loss and gradients are those of the plain cross-entropy") {
  torch::manual_seed(1);
  torch::Tensor hidden = torch::randn({7, 5}, torch::kFloat32), head = torch::randn({11, 5}, torch::kFloat32);
  torch::Tensor targets = torch::tensor({0, 10, 3, 3, 7, 1, 9}, torch::kInt64);
  torch::Tensor a = hidden.clone().requires_grad_(true), b = head.clone().requires_grad_(true);
  torch::Tensor c = hidden.clone().requires_grad_(true), d = head.clone().requires_grad_(true);
  torch::Tensor ours = cross_entropy_sum(a, b, targets);
  torch::Tensor plain = torch::nn::functional::cross_entropy(
      torch::matmul(c, d.t()), targets,
      torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
  CHECK(ours.item<float>() == doctest::Approx(plain.item<float>()).epsilon(1e-6));
  (ours * 0.5).backward();
  (plain * 0.5).backward();
  CHECK(torch::allclose(a.grad(), c.grad(), 1e-5, 1e-6));
  CHECK(torch::allclose(b.grad(), d.grad(), 1e-5, 1e-6));
}

TEST_CASE("a loss in several chunks is the loss in one") {
  torch::manual_seed(2);
  torch::Tensor hidden = torch::randn({7, 5}), head = torch::randn({11, 5});
  torch::Tensor targets = torch::tensor({0, 10, 3, 3, 7, 1, 9}, torch::kInt64);
  torch::Tensor a = hidden.clone().requires_grad_(true), b = head.clone().requires_grad_(true);
  torch::Tensor c = hidden.clone().requires_grad_(true), d = head.clone().requires_grad_(true);
  torch::Tensor chunked = cross_entropy_sum(a, b, targets, {.logits_max = 22});  // two rows a chunk
  torch::Tensor whole = cross_entropy_sum(c, d, targets);
  chunked.backward();
  whole.backward();
  CHECK(chunked.item<float>() == doctest::Approx(whole.item<float>()).epsilon(1e-6));
  CHECK(torch::allclose(a.grad(), c.grad(), 1e-5, 1e-6));
  CHECK(torch::allclose(b.grad(), d.grad(), 1e-5, 1e-6));
}

TEST_CASE("the model's gradients agree with finite differences") {
  Decoder decoder = make_decoder(tiny_config(), 3);
  for (auto& [name, weight] : named_weights(decoder)) {
    if (weight->dim() == 2) weight->mul_(10);
    weight->requires_grad_(true);
  }
  auto data = tiny_documents(5);
  TrainBatch batch = make_batch(data, pack_rows(data, 24), 24, torch::kCPU);
  response_loss_sum(decoder, batch).backward();
  for (auto& [name, weight] : named_weights(decoder)) {
    // Along the gradient itself, where the slope is its norm.
    torch::NoGradGuard no_grad;
    torch::Tensor gradient = weight->grad().clone();
    double norm = gradient.norm().item<double>(), step = 1e-2;
    torch::Tensor direction = gradient * (step / norm), start = weight->clone();
    weight->copy_(start + direction);
    double above = response_loss_sum(decoder, batch).item<double>();
    weight->copy_(start - direction);
    double below = response_loss_sum(decoder, batch).item<double>();
    weight->copy_(start);
    CAPTURE(name);
    CHECK((above - below) / (2 * step) == doctest::Approx(norm).epsilon(0.03));
  }
}

TEST_CASE("only response tokens are asked for") {
  Decoder decoder = make_decoder(tiny_config(), 3);
  // The last token of a prompt is input, never target: with another prompt's target nothing would change.
  std::vector<TokenSequence> data = {{{2, 3, 4, 5, 1}, 3}};
  TrainBatch batch = make_batch(data, pack_rows(data, 8), 8, torch::kCPU);
  torch::Tensor hidden = hidden_states(decoder, batch.packed)[0];
  torch::Tensor log_probabilities = torch::log_softmax(torch::matmul(hidden, decoder.head_VD.t()), -1);
  double wanted = -(log_probabilities[2][5] + log_probabilities[3][1]).item<double>();
  CHECK(response_loss_sum(decoder, batch).item<double>() == doctest::Approx(wanted).epsilon(1e-5));
}

TEST_CASE("a weight scales what its token adds to loss and gradient, and 0 takes it out") {
  Decoder decoder = make_decoder(tiny_config(), 3);
  std::vector<TokenSequence> data = {{{2, 3, 4, 5, 6, 1}, 3, {0.5f, 0, 2}}};
  TrainBatch weighted = make_batch(data, pack_rows(data, 8), 8, torch::kCPU);
  data[0].weights.clear();
  TrainBatch plain = make_batch(data, pack_rows(data, 8), 8, torch::kCPU);
  torch::Tensor hidden = hidden_states(decoder, plain.packed)[0];
  torch::Tensor log_probabilities = torch::log_softmax(torch::matmul(hidden, decoder.head_VD.t()), -1);
  double wanted = -(0.5 * log_probabilities[2][5] + 2 * log_probabilities[4][1]).item<double>();
  CHECK(response_loss_sum(decoder, weighted).item<double>() == doctest::Approx(wanted).epsilon(1e-5));
  CHECK(response_loss_sum(decoder, weighted, 0.25).item<double>() ==
        doctest::Approx(wanted / 4).epsilon(1e-5));
  CHECK(total_weight(data, pack_rows(data, 8)) == 3);
}

TEST_CASE("activations that are made again give the same gradients, bit for bit") {
  Decoder kept = make_decoder(tiny_config(), 3), dropped = make_decoder(tiny_config(), 3);
  auto data = tiny_documents(9);
  TrainBatch batch = make_batch(data, pack_rows(data, 24), 24, torch::kCPU);
  auto gradients = [&](Decoder& decoder, Recompute recompute) {
    std::vector<torch::Tensor> all;
    for (auto& [name, weight] : named_weights(decoder)) weight->requires_grad_(true);
    response_loss_sum(decoder, batch, 1, recompute).backward();
    for (auto& [name, weight] : named_weights(decoder)) all.push_back(weight->grad());
    return all;
  };
  std::vector<torch::Tensor> a = gradients(kept, Recompute::Nothing),
                             b = gradients(dropped, Recompute::Layers);
  for (size_t i = 0; i < a.size(); ++i) CHECK(torch::equal(a[i], b[i]));
}
