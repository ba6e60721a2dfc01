// A tokenizer.json, a zero byte and a text: what parses must encode the text, give ids that it has, decode
// them, and stream what decoding gives, or at least no half character.
#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/stream_decoder.h"

using namespace retort;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t zero = input.find('\0');
  std::string_view text =
      zero == std::string_view::npos ? "hello  hello\n12 \xC3\xA9</s>" : input.substr(zero + 1);
  auto tokenizer = Tokenizer::parse(input.substr(0, zero));
  if (!tokenizer) return 0;
  for (auto special : {EncodeOptions::SpecialText::Plain, EncodeOptions::SpecialText::Special}) {
    std::vector<int32_t> ids = (*tokenizer)->encode(text, {special, EncodeOptions::Frame::Framed});
    StreamDecoder stream(**tokenizer, SpecialTokens::Show);
    for (int32_t id : ids) {
      RETORT_CHECK(id >= 0 && id < (*tokenizer)->size(), "id {} of {}", id, (*tokenizer)->size());
      RETORT_CHECK(valid_utf8(stream.add(id)), "half a character");
    }
    RETORT_CHECK(valid_utf8(stream.finish()), "half a character at the end");
    (void)(*tokenizer)->decode(ids);
  }
  return 0;
}
