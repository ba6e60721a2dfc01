#include "student/export.h"

#include "gguf/architecture.h"
#include "gguf/tokenizer.h"
#include "model/adapter.h"
#include "model/config_json.h"
#include "model/folder.h"
#include "model/gguf_model.h"
#include "student/guard.h"
#include "student/opened_model.h"

namespace retort {
namespace {

Error unknown_type(const std::string& format_name, const std::string& type, std::string_view known) {
  return {ErrorCode::InvalidArgument, format("cannot write {} as \"{}\"; use {}", format_name, type, known)};
}

Result<torch::ScalarType> folder_dtype(const std::string& type) {
  if (type == "f32") return torch::kFloat32;
  if (type == "f16") return torch::kFloat16;
  if (type == "bf16") return torch::kBFloat16;
  return unknown_type("a folder", type, "f32, f16 or bf16, or the format gguf");
}

// Weights that the source stores in two bytes are held in two bytes.
torch::ScalarType dtype_of_source(const Path& from) {
  if (is_gguf(from)) return torch::kFloat32;
  Result<Json> config = read_json_file((from / "config.json").string());
  if (!config) return torch::kFloat32;
  std::string_view name =
      config->at_path("dtype").string_or(config->at_path("torch_dtype").string_or("float32"));
  return name == "bfloat16" ? torch::kBFloat16 : name == "float16" ? torch::kFloat16 : torch::kFloat32;
}

// What the decoder computes, spelt out, over what else the source says.
Json whole_config(const OpenedModel& model, torch::ScalarType dtype) {
  Json config = model.files.config;
  const Json decoder = make_config_json(model.decoder.config, dtype_name(dtype));
  for (const auto& [name, value] : decoder.members()) config.set(name, value);
  return config;
}

Result<void> write_json(const Path& path, const Json& json) {
  return write_file_atomic(path, json.dump(2) + "\n");
}

Result<void> write_folder(OpenedModel& model, const ExportOptions& options, torch::ScalarType dtype) {
  RETORT_TRY(write_file_atomic(options.out / "tokenizer.json", model.tokenizer_json));
  RETORT_TRY(write_json(options.out / "tokenizer_config.json", model.files.tokenizer_config));
  Json map = model.files.special_tokens_map;
  for (const char* role : {"bos_token", "eos_token", "unk_token", "pad_token"})
    if (const Json* token = model.files.tokenizer_config.find(role); token != nullptr && !token->is_null())
      if (map.find(role) == nullptr) map.set(role, *token);
  RETORT_TRY(write_json(options.out / "special_tokens_map.json", map));
  for (const auto& [name, bytes] : model.files.others)
    RETORT_TRY(write_file_atomic(options.out / name, bytes));
  Json generation = model.files.generation_config;
  for (const char* id : {"bos_token_id", "eos_token_id", "pad_token_id"})
    if (generation.find(id) == nullptr && model.files.config.find(id) != nullptr)
      generation.set(id, *model.files.config.find(id));
  RETORT_TRY(write_json(options.out / "generation_config.json", generation));
  Json kept = Json::object();
  for (const auto& [name, value] : model.files.config.members())
    if (name != "dtype" && name != "torch_dtype") kept.set(name, value);
  return save_model_folder(options.out, model.decoder, kept, dtype);
}

Result<void> write_gguf(OpenedModel& model, const ExportOptions& options, GgufMix mix) {
  Json config = whole_config(model, torch::kFloat32);
  std::string name = options.name.empty() ? options.out.stem().string() : options.name;
  GgufMetadata metadata = RETORT_TRY(gguf_of_config(config, name));
  metadata.add_integer("general.file_type", gguf_file_type(mix));
  RETORT_TRY(add_tokenizer_to_gguf(model.tokenizer_json, model.files.tokenizer_config, config,
                                   model.decoder.config.vocabulary, metadata));
  return save_gguf_model(options.out, model.decoder, config, metadata, mix);
}

uint64_t bytes_of(const ExportOptions& options) {
  std::error_code error;
  if (options.format == "gguf") return std::filesystem::file_size(options.out, error);
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(options.out, error))
    if (file.path().extension() == ".safetensors") bytes += file.file_size(error);
  return bytes;
}

}  // namespace

Result<ExportReport> export_model(const Path& from, const ExportOptions& options) {
  return guarded("exporting the model", [&]() -> Result<ExportReport> {
    if (options.format != "hf" && options.format != "gguf")
      return Error{ErrorCode::InvalidArgument,
                   format("there is no format \"{}\"; use hf (a folder) or gguf (a file)", options.format)};
    std::error_code error;
    if (std::filesystem::equivalent(from, options.out, error))
      return Error{ErrorCode::InvalidArgument,
                   format("{} is what is read; write to another place", options.out.string())};
    // The type is checked before the model is read, which may take minutes.
    torch::ScalarType dtype = torch::kFloat32;
    GgufMix mix = GgufMix::F32;
    if (options.format == "hf")
      dtype = RETORT_TRY(folder_dtype(options.type));
    else
      mix = RETORT_TRY(parse_gguf_mix(options.type));
    // An adapter is added in fp32: two bytes would round away much of what it says.
    OpenedModel model = RETORT_TRY(
        open_model(from, options.adapter.empty() ? dtype_of_source(from) : torch::ScalarType::Float));
    if (!options.adapter.empty()) {
      if (Result<AdapterOptions> read = load_adapter_folder(options.adapter, model.decoder); !read)
        return Error{read.error().code,
                     format("the adapter in {}: {}", options.adapter.string(), read.error().message)};
      merge_adapters(model.decoder);
    }
    RETORT_TRY(options.format == "hf" ? write_folder(model, options, dtype)
                                      : write_gguf(model, options, mix));
    return ExportReport{weight_count(model.decoder),
                        static_cast<int64_t>(named_weights(model.decoder).size()), bytes_of(options)};
  });
}

}  // namespace retort
