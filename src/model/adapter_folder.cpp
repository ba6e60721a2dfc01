// adapter_config.json and adapter_model.safetensors, as PEFT writes and reads them.
#include <cmath>
#include <map>

#include "base/format.h"
#include "base/utf8.h"
#include "model/adapter.h"
#include "model/folder.h"

namespace retort {
namespace {

constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kWeightsFile = "adapter_model.safetensors";
constexpr size_t kConfigBytesMax = size_t{1} << 20;
constexpr int64_t kRankMax = 65'536;

Json config_json(const AdapterOptions& options, const std::string& base) {
  Json targets = Json::array();
  for (const std::string& target : options.targets) targets.push(target);
  Json config = Json::object();
  config.set("peft_type", "LORA").set("task_type", "CAUSAL_LM").set("base_model_name_or_path", base);
  config.set("r", options.rank).set("lora_alpha", options.alpha).set("lora_dropout", 0.0);
  config.set("target_modules", std::move(targets)).set("bias", "none").set("inference_mode", true);
  config.set("fan_in_fan_out", false).set("use_rslora", false).set("use_dora", false);
  return config.set("init_lora_weights", true).set("modules_to_save", nullptr);
}

Error unsupported(std::string_view what) {
  return {ErrorCode::InvalidArgument,
          format("{}: {} is not read; use a plain LoRA adapter", kConfigFile, terminal_safe(what, 80))};
}

Result<void> check_kind(const Json& config) {
  if (std::string_view type = config.at_path("peft_type").string_or("none"); type != "LORA")
    return unsupported(format("peft_type {}", type));
  for (const char* flag : {"use_dora", "fan_in_fan_out"})
    if (config.at_path(flag).bool_or(false)) return unsupported(flag);
  if (std::string_view bias = config.at_path("bias").string_or("none"); bias != "none")
    return unsupported(format("bias {}", bias));
  for (const char* part : {"modules_to_save", "rank_pattern", "alpha_pattern", "layers_to_transform"})
    if (const Json& value = config.at_path(part); !value.items().empty() || !value.members().empty())
      return unsupported(part);
  return {};
}

struct AdapterConfig {
  AdapterOptions options;
  double scale = 1;
};

Result<AdapterConfig> parse_config(const Json& config) {
  RETORT_TRY(check_kind(config));
  AdapterConfig adapter;
  adapter.options.rank = config.at_path("r").integer_or(0);
  adapter.options.alpha = config.at_path("lora_alpha").number_or(0);
  if (adapter.options.rank < 1 || adapter.options.rank > kRankMax || !std::isfinite(adapter.options.alpha))
    return Error{ErrorCode::Malformed,
                 format("{}: r is {} and lora_alpha {}, not a rank from 1 to {} and a number", kConfigFile,
                        config.at_path("r").dump().substr(0, 30),
                        config.at_path("lora_alpha").dump().substr(0, 30), kRankMax)};
  adapter.options.targets.clear();
  for (const Json& target : config.at_path("target_modules").items())
    adapter.options.targets.emplace_back(target.string_or(""));
  const double rank = static_cast<double>(adapter.options.rank);
  bool stabilised = config.at_path("use_rslora").bool_or(false);
  adapter.scale = adapter.options.alpha / (stabilised ? std::sqrt(rank) : rank);
  return adapter;
}

Result<void> copy_weights(std::map<std::string, torch::Tensor> held, Decoder& decoder) {
  for (auto& [name, tensor] : adapter_weights(decoder)) {
    auto found = held.find(name);
    if (found == held.end())
      return Error{ErrorCode::Mismatch, format("{} has no tensor {}", kWeightsFile, name)};
    if (found->second.sizes() != tensor->sizes() || !found->second.is_floating_point())
      return Error{ErrorCode::Mismatch,
                   format("{}: {} is of another shape than this model's projection wants; "
                          "get both from the same model",
                          kWeightsFile, name)};
    tensor->copy_(found->second);
    held.erase(found);
  }
  if (held.empty()) return {};
  return Error{ErrorCode::Mismatch, format("{} has a tensor {}, for which this model has no place",
                                           kWeightsFile, terminal_safe(held.begin()->first, 100))};
}

// Takes off what was hung on the decoder and came to nothing.
void drop_adapters(Decoder& decoder) {
  for (auto& [name, tensor] : adapter_weights(decoder)) tensor->zero_();
  merge_adapters(decoder);
}

}  // namespace

Result<void> save_adapter_folder(const Path& folder, Decoder& decoder, const AdapterOptions& options,
                                 const std::string& base) {
  RETORT_TRY(make_folders(folder));
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (auto& [name, tensor] : adapter_weights(decoder))
    tensors.emplace_back(name, tensor->detach().to(torch::kCPU, torch::kFloat32).contiguous());
  RETORT_TRY(write_safetensors(folder / kWeightsFile, tensors, Json::object().set("format", "pt")));
  return write_file_atomic(folder / kConfigFile, config_json(options, base).dump(2) + "\n");
}

Result<AdapterOptions> load_adapter_folder(const Path& folder, Decoder& decoder) {
  torch::NoGradGuard no_grad;
  Json json = RETORT_TRY(parse_json(RETORT_TRY(read_file(folder / kConfigFile, kConfigBytesMax))));
  AdapterConfig adapter = RETORT_TRY(parse_config(json));
  auto tensors = RETORT_TRY(read_safetensors(folder / kWeightsFile));
  RETORT_TRY(attach_adapters(decoder, adapter.options, 0));
  for (DecoderLayer& layer : decoder.layers)
    for (Projection* p :
         {&layer.query, &layer.key, &layer.value, &layer.output, &layer.gate, &layer.up, &layer.down})
      p->adapter_scale = adapter.scale;
  Result<void> copied = copy_weights({tensors.begin(), tensors.end()}, decoder);
  if (copied) return adapter.options;
  drop_adapters(decoder);
  return copied.error();
}

}  // namespace retort
