// A stranger's GGUF file. What is accepted must be sound: its tensors lie in the file one behind the other
// and every block turns into numbers; a config that it makes is one that a folder's config.json could be; its
// tokenizer encodes and decodes.
#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "gguf/architecture.h"
#include "gguf/blocks.h"
#include "gguf/tokenizer.h"
#include "model/config_json.h"
#include "tokenizer/tokenizer.h"

namespace retort {
namespace {

void check_tensors(const GgufHeader& header, std::span<const uint8_t> file) {
  uint64_t used = 0;
  for (const GgufTensorInfo& tensor : header.tensors) {
    RETORT_CHECK(
        tensor.begin >= used && tensor.begin <= file.size() && tensor.bytes <= file.size() - tensor.begin,
        "tensor {} lies outside the file or on another", tensor.name);
    RETORT_CHECK(tensor.rows() * tensor.row_bytes() == tensor.bytes, "tensor {}: rows", tensor.name);
    used = tensor.begin + tensor.bytes;
    std::vector<float> values(tensor.rows() == 0 ? 0 : tensor.row_elements());
    for (uint64_t row = 0; row < tensor.rows(); ++row)
      dequantise_row(tensor.type, file.subspan(tensor.begin + row * tensor.row_bytes(), tensor.row_bytes()),
                     values);
  }
}

void check_config(const GgufHeader& header) {
  Result<Json> json = config_of_gguf(header, {});
  if (!json) return;
  Result<DecoderConfig> config = parse_decoder_config(*json);
  if (config) check_decoder_config(*config);
}

void check_tokenizer(const GgufHeader& header) {
  Result<GgufTokenizer> texts = tokenizer_of_gguf(header.metadata);
  if (!texts) return;
  auto tokenizer = Tokenizer::parse(texts->tokenizer_json);
  if (!tokenizer) return;
  const std::vector<int32_t> ids = (*tokenizer)->encode("hello  hello\n12 \xC3\xA9</s>");
  for (int32_t id : ids)
    RETORT_CHECK(id >= 0 && id < (*tokenizer)->size(), "id {} of {}", id, (*tokenizer)->size());
  (void)(*tokenizer)->decode(ids);
}

}  // namespace
}  // namespace retort

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> file(data, size);
  retort::Result<retort::GgufHeader> header = retort::parse_gguf_header(
      [&](uint64_t at, std::span<char> to) -> retort::Result<void> {
        RETORT_CHECK(at <= size && to.size() <= size - at, "a read past the end");
        std::ranges::copy(file.subspan(at, to.size()), to.begin());
        return {};
      },
      size);
  if (!header) {
    RETORT_CHECK(!header.error().message.empty(), "an error without a text");
    return 0;
  }
  retort::check_tensors(*header, file);
  retort::check_config(*header);
  retort::check_tokenizer(*header);
  return 0;
}
