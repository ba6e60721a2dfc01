// A stranger's safetensors header and config.json. The first byte chooses which. What is accepted must be
// sound: a header's tensors cover the data exactly, a config passes the decoder's own check and comes back
// from what we write of it.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "model/config_json.h"
#include "model/safetensors_header.h"

namespace retort {
namespace {

void check_header(std::string_view header, uint64_t data_bytes) {
  Result<std::vector<TensorEntry>> entries = parse_safetensors_header(header, data_bytes);
  RETORT_CHECK(entries || !entries.error().message.empty(), "an error without a text");
  if (!entries) return;
  uint64_t covered = 0;
  for (const TensorEntry& entry : *entries) {
    uint64_t bytes = type_bytes(entry.type);
    for (int64_t size : entry.shape) bytes *= static_cast<uint64_t>(size);
    RETORT_CHECK(entry.begin == covered && entry.end - entry.begin == bytes, "tensor {}", entry.name);
    covered = entry.end;
  }
  RETORT_CHECK(covered == data_bytes, "{} bytes of {}", covered, data_bytes);
}

void check_config(std::string_view text) {
  Result<Json> json = parse_json(text);
  if (!json) return;
  Result<DecoderConfig> config = parse_decoder_config(*json);
  RETORT_CHECK(config || config.error().message.starts_with("config.json"), "an error that names no file");
  if (!config) return;
  check_decoder_config(*config);
  Result<DecoderConfig> back = parse_decoder_config(make_config_json(*config, "float32"));
  RETORT_CHECK(back && *back == *config, "a config that does not come back");
}

}  // namespace
}  // namespace retort

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text[0] % 2 == 0)
    retort::check_header(text.substr(2), static_cast<uint8_t>(text[1]));
  else
    retort::check_config(text.substr(1));
  return 0;
}
