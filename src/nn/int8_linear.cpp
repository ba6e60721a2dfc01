#include "nn/int8_linear.h"

#include "base/check.h"
#include "nn/int8_kernel.h"
#include "nn/rows.h"

namespace retort {
namespace {

int64_t whole_groups(int64_t in) { return (in + kInt8Group - 1) / kInt8Group * kInt8Group; }
int64_t block_count(int64_t out) { return (out + kInt8Columns - 1) / kInt8Columns; }

// Blocks that a thread takes at least: less is done before another one has begun.
constexpr int64_t kBlocksTogether = 4;

// What is kept of some blocks' rows: whole numbers and scales.
void fill_blocks(const torch::Tensor& weight, int64_t begin, int64_t end, Int8Weight& to) {
  const int64_t first = begin * kInt8Columns, rows = std::min(end * kInt8Columns, to.out) - first;
  const int64_t in = whole_groups(to.in), groups = in / kInt8Group;
  torch::Tensor padded = torch::zeros({(end - begin) * kInt8Columns, in}, torch::kFloat32);
  padded.narrow(0, 0, rows).narrow(1, 0, to.in).copy_(weight.narrow(0, first, rows));
  const torch::Tensor grouped = padded.view({-1, groups, kInt8Group});
  const torch::Tensor largest = grouped.abs().amax(-1, true), scales = largest / 127;
  const torch::Tensor inverse = torch::where(largest > 0, 127 / largest, 0);
  const torch::Tensor whole = (grouped * inverse).round_().add_(128).to(torch::kUInt8);
  to.values.narrow(0, begin, end - begin)
      .copy_(whole.view({end - begin, kInt8Columns, in / 4, 4}).transpose(1, 2));
  to.scales.narrow(0, begin, end - begin)
      .copy_(scales.view({end - begin, kInt8Columns, groups}).transpose(1, 2));
}

// x as whole numbers, and the memory that holds them.
struct QuantizedInput {
  torch::Tensor values, scales, offsets;
  Int8Rows rows;
};
QuantizedInput quantize(const torch::Tensor& x_in) {
  const torch::Tensor x = x_in.contiguous();
  const int64_t width = x.size(-1), rows = x.numel() / width, in = whole_groups(width);
  QuantizedInput input{torch::empty({rows, in}, torch::kInt8),
                       torch::empty({rows, in / kInt8Group}, torch::kFloat32),
                       torch::empty({rows, in / kInt8Group}, torch::kInt32),
                       {}};
  input.rows = {input.values.data_ptr<int8_t>(), input.scales.data_ptr<float>(),
                input.offsets.data_ptr<int32_t>(), rows, in};
  with_row_type(x.scalar_type(), [&](auto type) {
    using T = decltype(type);
    at::parallel_for(0, rows, kBlockRows, [&](int64_t begin, int64_t end) {
      quantize_rows(read_rows<T>(x), width, input.rows, begin, end);
    });
  });
  return input;
}

}  // namespace

Int8Weight make_int8_weight(const torch::Tensor& weight) {
  RETORT_CHECK(weight.dim() == 2 && weight.is_cpu(), "a weight of {} dimensions", weight.dim());
  torch::NoGradGuard no_grad;
  Int8Weight made{{}, {}, weight.size(0), weight.size(1)};
  const int64_t in = whole_groups(made.in), blocks = block_count(made.out);
  made.values = torch::empty({blocks, in / 4, kInt8Columns, 4}, torch::kUInt8);
  made.scales = torch::empty({blocks, in / kInt8Group, kInt8Columns}, torch::kFloat32);
  constexpr int64_t kBlocksAtOnce = 64;  // so that a large matrix is not held in fp32
  for (int64_t begin = 0; begin < blocks; begin += kBlocksAtOnce)
    fill_blocks(weight, begin, std::min(begin + kBlocksAtOnce, blocks), made);
  return made;
}

torch::Tensor int8_linear(const torch::Tensor& x, const std::vector<Int8Part>& parts,
                          torch::ScalarType dtype) {
  torch::NoGradGuard no_grad;
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = 0;
  for (const Int8Part& part : parts) {
    RETORT_CHECK(part.weight->in == x.size(-1), "{} columns, a weight of {}", x.size(-1), part.weight->in);
    shape.back() += part.weight->out;
  }
  torch::Tensor y = torch::empty(shape, x.options().dtype(dtype));
  const QuantizedInput input = quantize(x);
  const Int8Path& path = int8_paths().front();
  int64_t column = 0;
  for (const Int8Part& part : parts) {
    const Int8Weight& w = *part.weight;
    const Int8Blocks blocks{w.values.const_data_ptr<uint8_t>(), w.scales.const_data_ptr<float>(),
                            input.rows.in, w.out};
    with_row_type(dtype, [&](auto type) {
      using T = decltype(type);
      const torch::Tensor bias = part.bias.defined() ? part.bias.to(dtype).contiguous() : part.bias;
      const Int8Out<T> to{write_rows<T>(y) + column, shape.back(),
                          bias.defined() ? read_rows<T>(bias) : nullptr};
      at::parallel_for(0, block_count(w.out), kBlocksTogether, [&](int64_t begin, int64_t end) {
        multiply_blocks(path, input.rows, blocks, to, begin, end);
      });
    });
    column += w.out;
  }
  return y;
}

}  // namespace retort
