// Our kernels beside plain torch operators, forward and backward, at sizes that fill no whole vector.
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "base/test.h"
#include "nn/attention.h"
#include "nn/cached_attention.h"
#include "nn/cross_entropy.h"
#include "nn/int8_kernel.h"
#include "nn/int8_linear.h"
#include "nn/matmul_mode.h"
#include "nn/memory.h"
#include "nn/packed_weight.h"
#include "nn/rms_norm.h"
#include "nn/row_linear.h"
#include "nn/swiglu.h"

using namespace retort;

namespace {

const int kOneThread = (torch::set_num_threads(1), torch::manual_seed(3), 1);

torch::Tensor leaf(std::vector<int64_t> shape) { return torch::randn(shape).requires_grad_(true); }
torch::Tensor copy_of(const torch::Tensor& x) { return x.detach().clone().requires_grad_(true); }

// Pulls both results back along one random direction.
void pull_back(const torch::Tensor& a, const torch::Tensor& b) {
  torch::Tensor direction = torch::randn_like(a);
  a.backward(direction);
  b.backward(direction);
}

bool near(const torch::Tensor& a, const torch::Tensor& b) { return torch::allclose(a, b, 2e-5, 2e-6); }

// Rows of documents with these lengths, -1 behind them.
torch::Tensor documents(std::vector<std::vector<int64_t>> rows, int64_t row_tokens) {
  torch::Tensor result = torch::full({static_cast<int64_t>(rows.size()), row_tokens}, -1, torch::kInt64);
  for (size_t b = 0; b < rows.size(); ++b) {
    int64_t at = 0;
    for (size_t d = 0; d < rows[b].size(); ++d) {
      result[static_cast<int64_t>(b)].slice(0, at, at + rows[b][d]).fill_(static_cast<int64_t>(d));
      at += rows[b][d];
    }
  }
  return result;
}

AttentionOptions options_of(int64_t heads, int64_t kv_heads, int64_t width) {
  return {.heads = heads,
          .kv_heads = kv_heads,
          .head_width = width,
          .scale = 1 / std::sqrt(static_cast<double>(width))};
}

// The same by torch's own operators, in fp64.
torch::Tensor plain_attention(const torch::Tensor& fused, int64_t heads, int64_t kv_heads, int64_t width,
                              const torch::Tensor& positions, const torch::Tensor& which) {
  torch::Tensor x = fused.to(torch::kFloat64).unflatten(-1, {heads + 2 * kv_heads, width});
  RopeTable rope = rope_table(positions, width, 300);
  torch::Tensor rotated = rotate(x.narrow(2, 0, heads + kv_heads), rope);
  torch::Tensor q = rotated.narrow(2, 0, heads).transpose(1, 2);
  torch::Tensor k = rotated.narrow(2, heads, kv_heads).transpose(1, 2).repeat_interleave(heads / kv_heads, 1);
  torch::Tensor v =
      x.narrow(2, heads + kv_heads, kv_heads).transpose(1, 2).repeat_interleave(heads / kv_heads, 1);
  torch::Tensor scores = torch::matmul(q, k.transpose(2, 3)) / std::sqrt(static_cast<double>(width));
  int64_t tokens = fused.size(1);
  torch::Tensor allowed =
      (which.unsqueeze(2) == which.unsqueeze(1)) & torch::ones({tokens, tokens}, torch::kBool).tril();
  torch::Tensor y =
      torch::matmul(torch::softmax(scores.masked_fill(~allowed.unsqueeze(1), -INFINITY), -1), v);
  return y.transpose(1, 2).flatten(2).masked_fill((which < 0).unsqueeze(-1), 0).to(torch::kFloat32);
}

}  // namespace

TEST_CASE("RMSNorm is what torch's operators make of it, gradients included") {
  for (int64_t width : {5, 16, 40}) {
    torch::Tensor x = leaf({3, 50, width}), weight = leaf({width}), x2 = copy_of(x),
                  weight2 = copy_of(weight);
    torch::Tensor ours = rms_norm(x, weight, 1e-5);
    torch::Tensor plain = x2 * torch::rsqrt(x2.square().mean(-1, true) + 1e-5) * weight2;
    pull_back(ours, plain);
    CHECK(near(ours, plain));
    CHECK(near(x.grad(), x2.grad()));
    CHECK(torch::allclose(weight.grad(), weight2.grad(), 1e-4, 1e-5));
  }
}

TEST_CASE("adding and norming in one pass is adding, then norming, gradients included") {
  for (int64_t width : {5, 40}) {
    torch::Tensor x = leaf({70, width}), added = leaf({70, width}), weight = leaf({width});
    torch::Tensor x2 = copy_of(x), added2 = copy_of(added), weight2 = copy_of(weight);
    SumAndNorm ours = add_rms_norm(x, added, weight, 1e-5);
    torch::Tensor sum = x2 + added2, normed = rms_norm(sum, weight2, 1e-5);
    CHECK(near(ours.sum, sum));
    CHECK(near(ours.normed, normed));
    pull_back(ours.sum * ours.normed, sum * normed);
    CHECK(near(x.grad(), x2.grad()));
    CHECK(near(added.grad(), added2.grad()));
    CHECK(torch::allclose(weight.grad(), weight2.grad(), 1e-4, 1e-5));
  }
}

TEST_CASE("cross-entropy in place gives torch's loss and gradient") {
  for (int64_t words : {3, 16, 45}) {
    torch::Tensor logits = torch::randn({9, words}) * 5, targets = torch::arange(9) % words;
    torch::Tensor wide = logits.to(torch::kFloat64);
    torch::Tensor wanted = torch::softmax(wide, 1);
    wanted.scatter_add_(1, targets.unsqueeze(1), torch::full({9, 1}, -1, torch::kFloat64));
    torch::Tensor loss = cross_entropy_in_place(logits, targets),
                  wide_loss = cross_entropy_in_place(wide, targets);
    CHECK(near(logits, wanted.to(torch::kFloat32)));
    CHECK(near(wide, wanted));
    CHECK(near(loss, wide_loss.to(torch::kFloat32)));
  }
}

TEST_CASE("SwiGLU is what torch's operators make of it, gradients included") {
  for (int64_t width : {5, 16, 40}) {
    torch::Tensor x = (torch::randn({70, 2 * width}) * 8).requires_grad_(true), x2 = copy_of(x);
    torch::Tensor ours = swiglu(x);
    torch::Tensor plain = torch::silu(x2.narrow(1, 0, width)) * x2.narrow(1, width, width);
    pull_back(ours, plain);
    CHECK(near(ours, plain));
    CHECK(near(x.grad(), x2.grad()));
  }
}

TEST_CASE("SwiGLU of very large and very small gates stays finite") {
  torch::Tensor y = swiglu(torch::tensor({-1e30f, -200.0f, 200.0f, 1e30f, 1.0f, 1.0f, 1.0f, 1.0f}));
  CHECK(y[0].item<float>() == doctest::Approx(0));
  CHECK(y[1].item<float>() == doctest::Approx(0));
  CHECK(y[2].item<float>() == 200.0f);
  CHECK(y[3].item<float>() == 1e30f);
}

TEST_CASE("a number that is not one stays visible") {
  CHECK(std::isnan(swiglu(torch::tensor({NAN, 1.0f})).item<float>()));
  CHECK(rms_norm(torch::tensor({NAN, 1.0f}), torch::ones({2}), 1e-5).isnan().any().item<bool>());
}

TEST_CASE("attention within documents is masked softmax attention, gradients included") {
  struct Shape {
    int64_t heads, kv_heads, width;
  };
  torch::Tensor which = documents({{20, 1, 9}, {33}, {16, 17}}, 34);
  torch::Tensor positions = torch::arange(34).repeat({3, 1});
  for (Shape s : {Shape{2, 2, 32}, Shape{4, 2, 8}, Shape{2, 1, 20}, Shape{1, 1, 64}, Shape{2, 1, 128}}) {
    CAPTURE(s.width);
    torch::Tensor x = leaf({3, 34, (s.heads + 2 * s.kv_heads) * s.width}), x2 = copy_of(x);
    torch::Tensor ours =
        attend_documents(x, options_of(s.heads, s.kv_heads, s.width), rope_table(positions, s.width, 300),
                         map_documents(which, torch::kFloat32));
    torch::Tensor plain = plain_attention(x2, s.heads, s.kv_heads, s.width, positions, which);
    pull_back(ours, plain);
    CHECK(near(ours, plain));
    CHECK(torch::allclose(x.grad(), x2.grad(), 1e-4, 1e-5));
  }
}

TEST_CASE("where no kernel of ours runs, attention is the same") {
  torch::Tensor which = documents({{20, 9}, {33}}, 33), positions = torch::arange(33).repeat({2, 1});
  torch::Tensor x = torch::randn({2, 33, (4 + 2 * 2) * 8});
  RopeTable rope = rope_table(positions, 8, 300);
  AttentionOptions options = options_of(4, 2, 8);
  torch::Tensor ours = attend_documents(x, options, rope, map_documents(which, torch::kFloat32));
  DocumentMap wide = map_documents(which, torch::kFloat64);
  CHECK_FALSE(wide.spans_S2.defined());
  torch::Tensor plain = attend_documents(x.to(torch::kFloat64), options, rope, wide).to(torch::kFloat32);
  torch::Tensor real = (which >= 0).unsqueeze(-1);
  CHECK(near(ours * real, plain * real));
}

TEST_CASE("windows, part of a head rotated, none of it, and another scale: the kernel is the plain path") {
  torch::Tensor which = documents({{40, 1, 9}, {53}, {16, 33}}, 54);
  torch::Tensor positions = torch::arange(54).repeat({3, 1}), real = (which >= 0).unsqueeze(-1);
  for (int64_t width : {8, 20, 64})
    for (int64_t window : {0, 1, 2, 7, 16, 17, 33, 100})
      for (int64_t rotated : {int64_t{0}, width / 4 * 2, width}) {
        CAPTURE(width);
        CAPTURE(window);
        CAPTURE(rotated);
        torch::Tensor x = leaf({3, 54, (4 + 2 * 2) * width});
        torch::Tensor x2 = x.detach().to(torch::kFloat64).requires_grad_(true);
        AttentionOptions options = options_of(4, 2, width);
        options.scale = 0.3, options.window = window;
        RopeTable rope = rope_table(positions, {}, {.width = rotated, .base = 300, .scaling = {}});
        torch::Tensor ours = attend_documents(x, options, rope, map_documents(which, torch::kFloat32)) * real;
        torch::Tensor plain =
            attend_documents(x2, options, rope, map_documents(which, torch::kFloat64)) * real;
        torch::Tensor direction = torch::randn_like(ours);
        ours.backward(direction);
        plain.backward(direction.to(torch::kFloat64));
        CHECK(near(ours, plain.to(torch::kFloat32)));
        CHECK(torch::allclose(x.grad(), x2.grad().to(torch::kFloat32), 1e-4, 1e-5));
      }
}

TEST_CASE("a window hides what is as far back as it is long") {
  torch::Tensor which = documents({{12}}, 12), positions = torch::arange(12).unsqueeze(0);
  torch::Tensor x = torch::randn({1, 12, 3 * 8}), other = x.clone();
  other[0][4].fill_(9);
  AttentionOptions options = options_of(1, 1, 8);
  options.window = 3;
  RopeTable rope = rope_table(positions, 8, 300);
  DocumentMap map = map_documents(which, torch::kFloat32);
  torch::Tensor changed =
      (attend_documents(x, options, rope, map) - attend_documents(other, options, rope, map))
          .abs()
          .amax(-1)[0] > 1e-6;
  for (int64_t t = 0; t < 12; ++t) CHECK(changed[t].item<bool>() == (t >= 4 && t <= 6));
}

TEST_CASE("very large scores do not overflow") {
  torch::Tensor x = torch::randn({1, 8, 3 * 16}) * 100;
  torch::Tensor which = documents({{8}}, 8), positions = torch::arange(8).unsqueeze(0);
  torch::Tensor ours = attend_documents(x, options_of(1, 1, 16), rope_table(positions, 16, 300),
                                        map_documents(which, torch::kFloat32));
  CHECK(near(ours, plain_attention(x, 1, 1, 16, positions, which)));
}

TEST_CASE("attention over the cache is masked attention over the slots") {
  std::vector<int64_t> slots = {3, 0}, start = {5, 0}, lengths = {3, 2}, zeros = {0, 0}, past = {5, 1};
  const auto cpu = torch::kCPU;
  for (int64_t width : {5, 16, 40}) {
    // fp64 takes torch's operators, fp32 our kernel.
    CachedLayer ours = make_cached_layer(4, 2, 20, width, torch::kFloat32, cpu);
    CachedLayer plain = make_cached_layer(4, 2, 20, width, torch::kFloat64, cpu);
    auto put = [&](int64_t tokens, const CachedRows& rows) {
      torch::Tensor keys = torch::randn({tokens, 2, width}), values = torch::randn({tokens, 2, width});
      store_rows(keys, values, ours, rows);
      store_rows(keys, values, plain, rows);
    };
    put(6, {slots, zeros, past});
    put(5, {slots, start, lengths});
    torch::Tensor q = torch::randn({5, 4, width});
    for (double softcap : {0.0, 2.0})
      for (int64_t window : {0, 1, 4, 50}) {
        AttentionOptions options = options_of(4, 2, width);
        options.softcap = softcap, options.window = window;
        torch::Tensor wanted = attend_cached(q.to(torch::kFloat64), plain, {slots, start, lengths}, options);
        CHECK(near(attend_cached(q, ours, {slots, start, lengths}, options), wanted.to(torch::kFloat32)));
      }
  }
}

TEST_CASE("what a token gets over the cache does not depend on the other rows, bit for bit") {
  const int64_t width = 24, count = 9;
  CachedLayer layer = make_cached_layer(count, 1, 40, width, torch::kFloat32, torch::kCPU);
  std::vector<int64_t> slots, start, lengths;
  for (int64_t b = 0; b < count; ++b) slots.push_back(b), start.push_back(0), lengths.push_back(3 * b + 2);
  torch::Tensor keys = torch::randn({126, 1, width}), q = torch::randn({126, 5, width});
  store_rows(keys, keys * 2, layer, {slots, start, lengths});
  AttentionOptions options = options_of(5, 1, width);
  torch::Tensor together = attend_cached(q, layer, {slots, start, lengths}, options);
  int64_t at = 0;
  for (size_t b = 0; b < slots.size(); ++b)
    for (int64_t t = 0; t < lengths[b]; ++t, ++at) {
      std::vector<int64_t> slot = {slots[b]}, place = {t}, one = {1};
      torch::Tensor alone = attend_cached(q.narrow(0, at, 1), layer, {slot, place, one}, options);
      CHECK(torch::equal(alone[0], together[at]));
    }
}

TEST_CASE("a row's linear layer is the product, and does not depend on the other rows, bit for bit") {
  for (int64_t in : {5, 16, 40, 130})
    for (int64_t out : {1, 4, 11}) {
      torch::Tensor x = torch::randn({250, in}), weight = torch::randn({out, in});
      torch::Tensor y = row_linear(x, weight);
      CHECK(near(y, torch::linear(x.to(torch::kFloat64), weight.to(torch::kFloat64)).to(torch::kFloat32)));
      for (int64_t row : {0, 3, 191, 192, 249})
        CHECK(torch::equal(row_linear(x.narrow(0, row, 1), weight)[0], y[row]));
      for (int64_t rows : {2, 3, 5, 6, 7})
        CHECK(torch::equal(row_linear(x.narrow(0, 2, rows), weight), y.narrow(0, 2, rows)));
    }
}

TEST_CASE("in bf16 each kernel gives what it gives in fp32, rounded") {
  auto rough = [](const torch::Tensor& narrow, const torch::Tensor& wide) {
    return narrow.scalar_type() == torch::kBFloat16 &&
           torch::allclose(narrow.to(torch::kFloat32), wide, 2e-2, 2e-2);
  };
  auto rounded = [](std::vector<int64_t> shape) { return torch::randn(shape).to(torch::kBFloat16); };
  auto leaf_of = [](const torch::Tensor& x, torch::ScalarType type) {
    return x.detach().to(type).clone().requires_grad_(true);
  };
  for (int64_t width : {5, 16, 40}) {
    torch::Tensor x = rounded({70, 2 * width}), added = rounded({70, 2 * width}),
                  weight = rounded({2 * width});
    torch::Tensor got[2], gradients[2][3], direction = torch::randn({70, width}).to(torch::kBFloat16);
    for (int wide : {0, 1}) {
      torch::ScalarType type = wide == 1 ? torch::kFloat32 : torch::kBFloat16;
      torch::Tensor leaves[3] = {leaf_of(x, type), leaf_of(added, type), leaf_of(weight, type)};
      SumAndNorm both = add_rms_norm(leaves[0], leaves[1], leaves[2], 1e-5);
      got[wide] = swiglu(both.normed + both.sum);
      got[wide].backward(direction.to(type));
      for (int i = 0; i < 3; ++i) gradients[wide][i] = leaves[i].grad();
    }
    CHECK(rough(got[0], got[1]));
    CHECK(rough(gradients[0][0], gradients[1][0]));
    CHECK(rough(gradients[0][1], gradients[1][1]));
    CHECK((gradients[0][2].to(torch::kFloat32) - gradients[1][2]).norm().item<double>() <
          0.02 * gradients[1][2].norm().item<double>());
  }
}

TEST_CASE("a packed weight gives what the plain one gives, for any number of rows") {
  torch::manual_seed(4);
  for (auto [in, out] : {std::pair<int64_t, int64_t>{64, 96}, {17, 5}, {1, 3}})
    for (int64_t rows : {1, 2, 7, 16, 40}) {
      const torch::Tensor weight = torch::randn({out, in}).to(torch::kBFloat16),
                          bias = torch::randn({out}).to(torch::kBFloat16);
      const torch::Tensor x = torch::randn({1, rows, in}).to(torch::kBFloat16), packed = pack_weight(weight);
      if (!packed.defined()) {
        MESSAGE("this processor has no such product");
        return;
      }
      const torch::Tensor wide = torch::linear(x.to(torch::kFloat32), weight.to(torch::kFloat32));
      CHECK(torch::allclose(packed_linear(x, packed).to(torch::kFloat32), wide, 0.02, 0.02));
      CHECK(torch::allclose(packed_linear(x, packed, bias).to(torch::kFloat32), wide + bias, 0.02, 0.05));
    }
  CHECK(!pack_weight(torch::ones({4, 4})).defined());
}

// What int8_linear rounds to: each group of 64 numbers of a row on a grid of its own; in fp64.
torch::Tensor on_grid(const torch::Tensor& x) {
  const int64_t width = x.size(-1), padded = (width + kInt8Group - 1) / kInt8Group * kInt8Group;
  torch::Tensor groups = torch::zeros({x.size(0), padded});
  groups.narrow(1, 0, width).copy_(x);
  groups = groups.unflatten(-1, {-1, kInt8Group});
  const torch::Tensor largest = groups.abs().amax(-1, true);
  const torch::Tensor whole = (groups * (127 / largest)).round().to(torch::kFloat64);
  return (whole * (largest / 127).to(torch::kFloat64)).flatten(1).narrow(1, 0, width);
}

TEST_CASE("an int8 product is that of the rounded numbers, for any shape, and of a row by itself") {
  torch::manual_seed(5);
  for (auto [in, out] : {std::pair<int64_t, int64_t>{64, 32}, {1, 1}, {70, 45}, {192, 200}})
    for (torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
      const torch::Tensor x = torch::randn({200, in}).to(type), weight = torch::randn({out, in}).to(type);
      const torch::Tensor other = torch::randn({7, in}).to(type),
                          bias = torch::randn({7}).to(torch::kBFloat16);
      const Int8Weight first = make_int8_weight(weight), second = make_int8_weight(other);
      const torch::Tensor y = int8_linear(x, {{&first, {}}, {&second, bias}}, torch::kFloat32);
      const torch::Tensor grid = on_grid(x);
      const torch::Tensor want = torch::cat({torch::linear(grid, on_grid(weight)),
                                             torch::linear(grid, on_grid(other), bias.to(torch::kFloat64))},
                                            1);
      // A number halfway between two may be rounded to either, as the processor multiplies and adds in one
      // step or in two.
      CHECK((y - want).norm().item<double>() < 1e-3 * want.norm().item<double>());
      for (int64_t row : {0, 5, 6, 191, 199})
        CHECK(torch::equal(
            int8_linear(x.narrow(0, row, 1), {{&first, {}}, {&second, bias}}, torch::kFloat32)[0], y[row]));
      const torch::Tensor narrow = int8_linear(x, {{&first, {}}, {&second, bias}}, torch::kBFloat16);
      CHECK(torch::equal(narrow, y.to(torch::kBFloat16)));
    }
}

TEST_CASE("of zeros an int8 product is zero, and one large number spoils its own group alone") {
  torch::Tensor x = torch::zeros({2, 128}), weight = torch::ones({3, 128});
  x[1][0] = 1e6f;
  x.narrow(0, 1, 1).narrow(1, 64, 64).fill_(0.5f);
  const Int8Weight w = make_int8_weight(weight), none = make_int8_weight(torch::zeros({3, 128}));
  const torch::Tensor y = int8_linear(x, {{&w, {}}, {&none, {}}}, torch::kFloat32);
  CHECK(torch::equal(y[0], torch::zeros({6})));
  CHECK(torch::allclose(y[1].narrow(0, 0, 3), torch::full({3}, 1e6f + 32), 1e-6, 0));
  CHECK(torch::equal(y[1].narrow(0, 3, 3), torch::zeros({3})));
}

TEST_CASE("each kind of processor multiplies int8 to the same bits") {
  torch::manual_seed(6);
  constexpr int64_t kRows = 13, kIn = 192, kOut = 50, kGroups = kIn / kInt8Group;
  const torch::Tensor numbers = torch::randn({kRows, kIn});
  const Int8Weight weight = make_int8_weight(torch::randn({kOut, kIn}));
  std::vector<int8_t> values(kRows * kIn);
  std::vector<float> scales(kRows * kGroups);
  std::vector<int32_t> offsets(kRows * kGroups);
  const Int8Rows x{values.data(), scales.data(), offsets.data(), kRows, kIn};
  quantize_rows(numbers.const_data_ptr<float>(), kIn, x, 0, kRows);
  const auto product = [&](const Int8Path& path) {
    std::vector<float> y(kRows * kOut);
    const Int8Blocks blocks{weight.values.const_data_ptr<uint8_t>(), weight.scales.const_data_ptr<float>(),
                            kIn, kOut};
    multiply_blocks(path, x, blocks, Int8Out<float>{y.data(), kOut, nullptr}, 0, 2);
    return y;
  };
  const std::vector<float> plain = product(int8_paths().back());
  for (const Int8Path& path : int8_paths()) {
    CAPTURE(std::string(path.name));
    CHECK(product(path) == plain);
  }
}

TEST_CASE("in bf16 attention within documents gives what it gives in fp32, rounded") {
  torch::Tensor which = documents({{7, 20, 3}, {30}}, 32), fused = torch::randn({2, 32, 8 * 24});
  torch::Tensor positions = torch::arange(32).unsqueeze(0).expand({2, 32}).contiguous();
  torch::Tensor narrow = fused.to(torch::kBFloat16).requires_grad_(true),
                wide = narrow.detach().to(torch::kFloat32);
  wide.requires_grad_(true);
  RopeTable rope = rope_table(positions, 24, 300);
  AttentionOptions options = options_of(4, 2, 24);
  torch::Tensor ours = attend_documents(narrow, options, rope, map_documents(which, torch::kBFloat16));
  torch::Tensor plain = attend_documents(wide, options, rope, map_documents(which, torch::kFloat32));
  CHECK((ours.scalar_type() == torch::kBFloat16));
  CHECK(torch::allclose(ours.to(torch::kFloat32), plain, 2e-2, 1e-2));
  torch::Tensor direction = torch::randn_like(ours);
  ours.backward(direction);
  plain.backward(direction.to(torch::kFloat32));
  CHECK((narrow.grad().to(torch::kFloat32) - wide.grad()).norm().item<double>() <
        0.01 * wide.grad().norm().item<double>());
}

TEST_CASE("cross-entropy in bf16, and with a weight a row") {
  torch::Tensor logits = (torch::randn({9, 45}) * 5).to(torch::kBFloat16), targets = torch::arange(9);
  torch::Tensor wide = logits.to(torch::kFloat64), weights = torch::rand({9});
  torch::Tensor loss = cross_entropy_in_place(logits, targets, weights);
  torch::Tensor wanted = cross_entropy_in_place(wide, targets, weights.to(torch::kFloat64));
  CHECK(near(loss, wanted.to(torch::kFloat32)));
  CHECK(torch::allclose(logits.to(torch::kFloat64), wide, 1e-2, 1e-4));
}

TEST_CASE("the number of threads changes no bit") {
  torch::Tensor x = leaf({4, 64, 48}), weight = leaf({48}), x2 = copy_of(x), weight2 = copy_of(weight);
  torch::Tensor direction = torch::randn({4, 64, 48});
  rms_norm(x, weight, 1e-5).backward(direction);
  torch::set_num_threads(2);
  rms_norm(x2, weight2, 1e-5).backward(direction);
  torch::set_num_threads(1);
  CHECK(torch::equal(weight.grad(), weight2.grad()));
  CHECK(torch::equal(x.grad(), x2.grad()));
}

TEST_CASE("zeros on demand are zeros, aligned, in memory that was used before too") {
  for (int64_t elements : {0, 5, 1'000, 1 << 20})
    for (int again = 0; again < 3; ++again) {
      torch::Tensor x = zeros_on_demand({2, elements}, torch::kBFloat16);
      CHECK(x.sizes() == torch::IntArrayRef{2, elements});
      CHECK((x.scalar_type() == torch::kBFloat16));
      CHECK(reinterpret_cast<uintptr_t>(x.data_ptr()) % 64 == 0);
      CHECK(x.count_nonzero().item<int64_t>() == 0);
      x.fill_(1);
    }
}

#ifdef __linux__
TEST_CASE("zeros on demand take no memory before they are written") {
  constexpr int64_t kBytes = int64_t{256} << 20;
  auto resident_bytes = [] {
    std::ifstream file("/proc/self/statm");
    int64_t all = 0, resident = 0;
    file >> all >> resident;
    return resident * sysconf(_SC_PAGESIZE);
  };
  const int64_t before = resident_bytes();
  torch::Tensor x = zeros_on_demand({kBytes}, torch::kUInt8);
  const int64_t made = resident_bytes();
  x.fill_(1);
  CHECK(made - before < kBytes / 16);
  CHECK(resident_bytes() - before > kBytes / 2);
}
#endif

TEST_CASE("the exact mode has fp32's error, and the fp32 mode too, whatever the processor") {
  set_matmul_mode(MatmulMode::Fp32);
  CHECK(matmul_error() < 1e-5);
  set_matmul_mode(MatmulMode::Bf16);
  CHECK(matmul_error() < 1e-2);
  set_matmul_mode(MatmulMode::Exact);
  CHECK(matmul_error() < 1e-5);
}
