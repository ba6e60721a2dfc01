#include "nn/attention.h"

#include "base/check.h"
#include "nn/attention_kernel.h"
#include "nn/rows.h"

namespace retort {
namespace {

// Runs `work(input, kv head)` for every document and key/value head, on torch's threads.
template <class Work>
void for_each_head(AttentionInput input, const torch::Tensor& spans_S2, const Work& work) {
  const int64_t* spans = spans_S2.const_data_ptr<int64_t>();
  int64_t kv_heads = input.shape.kv_heads;
  at::parallel_for(0, spans_S2.size(0) * kv_heads, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      AttentionInput one = input;
      one.begin = spans[2 * (i / kv_heads)];
      one.end = spans[2 * (i / kv_heads) + 1];
      work(one, i % kv_heads);
    }
  });
}

AttentionInput input_of(const torch::Tensor& fused, const torch::Tensor& cos, const torch::Tensor& sin,
                        const AttentionShape& shape) {
  return {shape, fused.const_data_ptr<float>(), cos.const_data_ptr<float>(), sin.const_data_ptr<float>()};
}

class DocumentAttention : public torch::autograd::Function<DocumentAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& fused_BTC,
                               const torch::Tensor& cos, const torch::Tensor& sin,
                               const torch::Tensor& spans_S2, int64_t heads, int64_t kv_heads,
                               int64_t head_width) {
    AttentionShape shape{heads, kv_heads, head_width};
    torch::Tensor fused = fused_BTC.contiguous();
    torch::Tensor out = torch::zeros({fused.size(0), fused.size(1), heads * head_width}, fused.options());
    torch::Tensor log_sum = torch::empty({fused.size(0), fused.size(1), heads}, fused.options());
    for_each_head(
        input_of(fused, cos, sin, shape), spans_S2, [&](const AttentionInput& input, int64_t kv_head) {
          attend_document(input, kv_head, out.mutable_data_ptr<float>(), log_sum.mutable_data_ptr<float>());
        });
    context->save_for_backward({fused, cos, sin, spans_S2, out, log_sum});
    context->saved_data["shape"] = std::vector<int64_t>{heads, kv_heads, head_width};
    return out;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    auto saved = context->get_saved_variables();
    std::vector<int64_t> sizes = context->saved_data["shape"].toIntVector();
    torch::Tensor dout = outer[0].contiguous(), dfused = torch::zeros_like(saved[0]);
    AttentionInput input = input_of(saved[0], saved[1], saved[2], {sizes[0], sizes[1], sizes[2]});
    for_each_head(input, saved[3], [&](const AttentionInput& one, int64_t kv_head) {
      attend_document_backward(one, kv_head, saved[4].const_data_ptr<float>(),
                               saved[5].const_data_ptr<float>(), dout.const_data_ptr<float>(),
                               dfused.mutable_data_ptr<float>());
    });
    return {dfused, {}, {}, {}, {}, {}, {}};
  }
};

torch::Tensor document_mask(const torch::Tensor& documents_BT) {
  int64_t tokens = documents_BT.size(1);
  torch::Tensor same_BTT = documents_BT.unsqueeze(2) == documents_BT.unsqueeze(1);
  torch::Tensor past_TT = torch::ones({tokens, tokens}, same_BTT.options()).tril();
  return (same_BTT & past_TT).unsqueeze(1);  // padding sees padding, so that no row is empty
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

}  // namespace

DocumentMap map_documents(const torch::Tensor& positions_BT, const torch::Tensor& documents_BT,
                          int64_t head_width, double rope_base, torch::ScalarType dtype) {
  RETORT_CHECK(documents_BT.dim() == 2 && positions_BT.sizes() == documents_BT.sizes(),
               "documents of {} dimensions", documents_BT.dim());
  DocumentMap map;
  map.rope = rope_table(positions_BT, head_width, rope_base);
  if (has_row_kernels(documents_BT.device(), dtype) && head_width <= kHeadWidthMax)
    map.spans_S2 = document_spans(documents_BT);
  else
    map.mask_B1TT = document_mask(documents_BT);
  return map;
}

torch::Tensor attend_documents(const torch::Tensor& fused_BTC, int64_t heads, int64_t kv_heads,
                               int64_t head_width, const DocumentMap& documents) {
  RETORT_CHECK(fused_BTC.dim() == 3 && fused_BTC.size(2) == (heads + 2 * kv_heads) * head_width &&
                   heads % kv_heads == 0,
               "{} columns for {} heads and {} key/value heads of {}", fused_BTC.size(-1), heads, kv_heads,
               head_width);
  if (documents.spans_S2.defined())
    return DocumentAttention::apply(fused_BTC, documents.rope.cos_BTE, documents.rope.sin_BTE,
                                    documents.spans_S2, heads, kv_heads, head_width);
  torch::Tensor heads_BTHE = fused_BTC.unflatten(-1, {heads + 2 * kv_heads, head_width});
  torch::Tensor rotated_BTHE = rotate(heads_BTHE.narrow(2, 0, heads + kv_heads), documents.rope);
  return attend(rotated_BTHE.narrow(2, 0, heads), rotated_BTHE.narrow(2, heads, kv_heads),
                heads_BTHE.narrow(2, heads + kv_heads, kv_heads), documents.mask_B1TT);
}

torch::Tensor attend(const torch::Tensor& q_BTHE, const torch::Tensor& k_BSKE, const torch::Tensor& v_BSKE,
                     const torch::Tensor& mask_B1TS) {
  RETORT_CHECK(q_BTHE.dim() == 4 && k_BSKE.dim() == 4 && k_BSKE.sizes() == v_BSKE.sizes(),
               "attention wants q (B, T, H, E) and k, v (B, S, K, E)");
  int64_t groups = q_BTHE.size(2) / k_BSKE.size(2);
  RETORT_CHECK(groups * k_BSKE.size(2) == q_BTHE.size(2), "{} heads over {} key heads", q_BTHE.size(2),
               k_BSKE.size(2));
  torch::Tensor y_BHTE = torch::scaled_dot_product_attention(q_BTHE.transpose(1, 2), k_BSKE.transpose(1, 2),
                                                             v_BSKE.transpose(1, 2), mask_B1TS, 0.0, false,
                                                             std::nullopt, groups > 1);
  return y_BHTE.transpose(1, 2).flatten(2);
}

}  // namespace retort
