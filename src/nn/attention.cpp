#include "nn/attention.h"

#include <cmath>

#include "base/check.h"
#include "nn/attention_kernel.h"
#include "nn/rows.h"

namespace retort {
namespace {

// Runs `work(input, kv head)` for every document and key/value head, on torch's threads.
template <class T, class Work>
void for_each_head(AttentionInput<T> input, const torch::Tensor& spans_S2, const Work& work) {
  const int64_t* spans = spans_S2.const_data_ptr<int64_t>();
  int64_t kv_heads = input.shape.kv_heads;
  at::parallel_for(0, spans_S2.size(0) * kv_heads, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      AttentionInput<T> one = input;
      one.begin = spans[2 * (i / kv_heads)];
      one.end = spans[2 * (i / kv_heads) + 1];
      work(one, i % kv_heads);
    }
  });
}

template <class T>
AttentionInput<T> input_of(const torch::Tensor& fused, const torch::Tensor& cos, const torch::Tensor& sin,
                           const AttentionShape& shape) {
  const float* cosines = cos.defined() ? cos.const_data_ptr<float>() : nullptr;
  const float* sines = sin.defined() ? sin.const_data_ptr<float>() : nullptr;
  return {shape, read_rows<T>(fused), cosines, sines};
}

class DocumentAttention : public torch::autograd::Function<DocumentAttention> {
 public:
  // The rope is no tensor argument: autograd takes no undefined ones.
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& fused_BTC,
                               const RopeTable& rope, const torch::Tensor& spans_S2,
                               const AttentionOptions& options) {
    const torch::Tensor &cos = rope.cos_BTE, &sin = rope.sin_BTE;
    AttentionShape shape{options.heads, options.kv_heads, options.head_width};
    shape.rotated = cos.defined() ? 2 * cos.size(-1) : 0;
    shape.scale = static_cast<float>(options.scale);
    shape.window = options.window;
    torch::Tensor fused = fused_BTC.contiguous();
    torch::Tensor out =
        torch::zeros({fused.size(0), fused.size(1), shape.heads * shape.head_width}, fused.options());
    torch::Tensor log_sum =
        torch::empty({fused.size(0), fused.size(1), shape.heads}, fused.options().dtype(torch::kFloat32));
    with_row_type(fused.scalar_type(), [&](auto type) {
      using T = decltype(type);
      for_each_head(input_of<T>(fused, cos, sin, shape), spans_S2,
                    [&](const AttentionInput<T>& input, int64_t kv_head) {
                      attend_document(input, kv_head, write_rows<T>(out), log_sum.mutable_data_ptr<float>());
                    });
    });
    context->save_for_backward({fused, cos, sin, spans_S2, out, log_sum});
    context->saved_data["sizes"] =
        std::vector<int64_t>{shape.heads, shape.kv_heads, shape.head_width, shape.rotated, shape.window};
    context->saved_data["scale"] = options.scale;
    return out;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    auto saved = context->get_saved_variables();
    std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector();
    float scale = static_cast<float>(context->saved_data["scale"].toDouble());
    AttentionShape shape{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], scale};
    torch::Tensor dout = outer[0].contiguous(), dfused = torch::zeros_like(saved[0]);
    with_row_type(dfused.scalar_type(), [&](auto type) {
      using T = decltype(type);
      for_each_head(input_of<T>(saved[0], saved[1], saved[2], shape), saved[3],
                    [&](const AttentionInput<T>& one, int64_t kv_head) {
                      attend_document_backward(one, kv_head, read_rows<T>(saved[4]),
                                               saved[5].const_data_ptr<float>(), read_rows<T>(dout),
                                               write_rows<T>(dfused));
                    });
    });
    return {dfused, {}, {}, {}};
  }
};

torch::Tensor document_mask(const torch::Tensor& documents_BT, int64_t window) {
  int64_t tokens = documents_BT.size(1);
  torch::Tensor same_BTT = documents_BT.unsqueeze(2) == documents_BT.unsqueeze(1);
  torch::Tensor seen_TT = torch::ones({tokens, tokens}, same_BTT.options()).tril();
  if (window > 0) seen_TT = seen_TT.triu(1 - window);
  return (same_BTT & seen_TT).unsqueeze(1);  // padding sees padding, so that no row is empty
}

// Runs of one document number within a row.
torch::Tensor document_spans(const torch::Tensor& documents_BT) {
  torch::Tensor held = documents_BT.contiguous();
  const int64_t* documents = held.const_data_ptr<int64_t>();
  int64_t row_tokens = held.size(1), count = held.numel();
  std::vector<int64_t> spans;
  for (int64_t begin = 0, end = 0; begin < count; begin = end) {
    int64_t row_end = begin - begin % row_tokens + row_tokens;
    for (end = begin + 1; end < row_end && documents[end] == documents[begin];) ++end;
    if (documents[begin] >= 0) spans.insert(spans.end(), {begin, end});
  }
  return torch::tensor(spans, torch::kInt64).view({-1, 2});
}

// Scores spelled out, for what torch's fused attention does not know.
torch::Tensor attend_capped(const torch::Tensor& q_BHTE, const torch::Tensor& k_BKSE,
                            const torch::Tensor& v_BKSE, const torch::Tensor& mask_B1TS,
                            const AttentionOptions& options) {
  int64_t groups = q_BHTE.size(1) / k_BKSE.size(1);
  torch::Tensor k_BHSE = groups > 1 ? k_BKSE.repeat_interleave(groups, 1) : k_BKSE;
  torch::Tensor v_BHSE = groups > 1 ? v_BKSE.repeat_interleave(groups, 1) : v_BKSE;
  torch::Tensor scores_BHTS = torch::matmul(q_BHTE, k_BHSE.transpose(2, 3)) * options.scale;
  scores_BHTS = torch::tanh(scores_BHTS / options.softcap) * options.softcap;
  scores_BHTS = scores_BHTS.to(torch::kFloat32).masked_fill(~mask_B1TS, -INFINITY);
  return torch::matmul(torch::softmax(scores_BHTS, -1).to(q_BHTE.scalar_type()), v_BHSE);
}

}  // namespace

const torch::Tensor& DocumentMap::mask_of_window(int64_t window) const {
  torch::Tensor& mask_B1TT = masks_[window];
  if (!mask_B1TT.defined()) mask_B1TT = document_mask(documents_BT, window);
  return mask_B1TT;
}

DocumentMap map_documents(const torch::Tensor& documents_BT, torch::ScalarType dtype) {
  RETORT_CHECK(documents_BT.dim() == 2, "documents of {} dimensions", documents_BT.dim());
  DocumentMap map;
  map.documents_BT = documents_BT;
  if (has_row_kernels(documents_BT.device(), dtype)) map.spans_S2 = document_spans(documents_BT);
  return map;
}

torch::Tensor document_lengths(const torch::Tensor& documents_BT) {
  torch::Tensor same_BTT = documents_BT.unsqueeze(2) == documents_BT.unsqueeze(1);
  return same_BTT.sum(-1);
}

torch::Tensor attend_documents(const torch::Tensor& fused_BTC, const AttentionOptions& options,
                               const RopeTable& rope, const DocumentMap& documents) {
  int64_t heads = options.heads, kv_heads = options.kv_heads, head_width = options.head_width;
  RETORT_CHECK(fused_BTC.dim() == 3 && fused_BTC.size(2) == (heads + 2 * kv_heads) * head_width &&
                   heads % kv_heads == 0,
               "{} columns for {} heads and {} key/value heads of {}", fused_BTC.size(-1), heads, kv_heads,
               head_width);
  if (documents.spans_S2.defined() && head_width <= kHeadWidthMax && options.softcap == 0)
    return DocumentAttention::apply(fused_BTC, rope, documents.spans_S2, options);
  torch::Tensor heads_BTHE = fused_BTC.unflatten(-1, {heads + 2 * kv_heads, head_width});
  torch::Tensor rotated_BTHE = rotate(heads_BTHE.narrow(2, 0, heads + kv_heads), rope);
  // A window as long as the row hides nothing: layers with and without one share a mask.
  int64_t window = options.window < fused_BTC.size(1) ? options.window : 0;
  return attend(rotated_BTHE.narrow(2, 0, heads), rotated_BTHE.narrow(2, heads, kv_heads),
                heads_BTHE.narrow(2, heads + kv_heads, kv_heads), documents.mask_of_window(window), options);
}

torch::Tensor attend(const torch::Tensor& q_BTHE, const torch::Tensor& k_BSKE, const torch::Tensor& v_BSKE,
                     const torch::Tensor& mask_B1TS, const AttentionOptions& options) {
  RETORT_CHECK(q_BTHE.dim() == 4 && k_BSKE.dim() == 4 && k_BSKE.sizes() == v_BSKE.sizes(),
               "attention wants q (B, T, H, E) and k, v (B, S, K, E)");
  int64_t groups = q_BTHE.size(2) / k_BSKE.size(2);
  RETORT_CHECK(groups * k_BSKE.size(2) == q_BTHE.size(2), "{} heads over {} key heads", q_BTHE.size(2),
               k_BSKE.size(2));
  torch::Tensor q_BHTE = q_BTHE.transpose(1, 2), k_BKSE = k_BSKE.transpose(1, 2),
                v_BKSE = v_BSKE.transpose(1, 2);
  torch::Tensor y_BHTE = options.softcap > 0
                             ? attend_capped(q_BHTE, k_BKSE, v_BKSE, mask_B1TS, options)
                             : torch::scaled_dot_product_attention(q_BHTE, k_BKSE, v_BKSE, mask_B1TS, 0.0,
                                                                   false, options.scale, groups > 1);
  return y_BHTE.transpose(1, 2).flatten(2);
}

}  // namespace retort
