#include "model/config_json.h"

#include "base/utf8.h"

namespace retort {
namespace {

Error unsupported(std::string_view what) {
  return {
      ErrorCode::InvalidArgument,
      format("config.json: this build runs LLaMA-shaped decoders (llama; mistral without a window), not {}; "
             "use such a model as student.base",
             terminal_safe(what, 80))};
}

// The member as a size in [1, most]; Malformed else.
Result<int64_t> read_size(const Json& config, const char* name, int64_t most) {
  const Json& value = config.at_path(name);
  int64_t size = value.integer_or(0);
  if (size < 1 || size > most)
    return Error{ErrorCode::Malformed, format("config.json: {} is {}, not a whole number from 1 to {}", name,
                                              value.dump().substr(0, 30), most)};
  return size;
}
Result<int64_t> read_size_or(const Json& config, const char* name, int64_t most, int64_t other) {
  if (config.at_path(name).is_null()) return other;
  return read_size(config, name, most);
}

Result<void> check_architecture(const Json& config) {
  std::string_view type = config.at_path("model_type").string_or("(no model_type)");
  if (type != "llama" && type != "mistral") return unsupported(format("the model type {}", type));
  if (const Json& window = config.at_path("sliding_window"); type == "mistral" && !window.is_null())
    return unsupported(format("a sliding window of {}", window.dump()));
  for (const char* bias : {"attention_bias", "mlp_bias"})
    if (config.at_path(bias).bool_or(false)) return unsupported(bias);
  if (std::string_view act = config.at_path("hidden_act").string_or("silu"); act != "silu")
    return unsupported(format("hidden_act {}", act));
  if (config.find("quantization_config") != nullptr && !config.at_path("quantization_config").is_null())
    return unsupported("quantised weights");
  return {};
}

// transformers 4: rope_theta and rope_scaling; 5: rope_parameters.
Result<double> read_rope_base(const Json& config) {
  const Json& parameters = config.at_path("rope_parameters");
  const Json& scaling = config.at_path("rope_scaling");
  for (const Json* rope : {&parameters, &scaling}) {
    const Json& type =
        rope->find("rope_type") != nullptr ? rope->at_path("rope_type") : rope->at_path("type");
    if (std::string_view name = type.string_or("default"); name != "default")
      return unsupported(format("rope scaling of the type {}", name));
  }
  double base = parameters.at_path("rope_theta").number_or(config.at_path("rope_theta").number_or(10'000));
  if (!(base > 1 && base < 1e12))
    return Error{ErrorCode::Malformed, format("config.json: rope_theta is {}, not between 1 and 1e12", base)};
  return base;
}

}  // namespace

Result<DecoderConfig> parse_decoder_config(const Json& config) {
  if (!config.is_object()) return Error{ErrorCode::Malformed, "config.json holds no JSON object"};
  if (auto known = check_architecture(config); !known) return known.error();
  constexpr int64_t kWidthMax = 1 << 20;
  DecoderConfig c;
  c.vocabulary = RETORT_TRY(read_size(config, "vocab_size", 1 << 24));
  c.width = RETORT_TRY(read_size(config, "hidden_size", kWidthMax));
  c.layers = RETORT_TRY(read_size(config, "num_hidden_layers", 4'096));
  c.heads = RETORT_TRY(read_size(config, "num_attention_heads", 65'536));
  c.kv_heads = RETORT_TRY(read_size_or(config, "num_key_value_heads", 65'536, c.heads));
  c.head_width = RETORT_TRY(read_size_or(config, "head_dim", kWidthMax, c.width / c.heads));
  c.feed_forward = RETORT_TRY(read_size(config, "intermediate_size", kWidthMax));
  c.context = RETORT_TRY(read_size_or(config, "max_position_embeddings", int64_t{1} << 30, 2'048));
  c.rope_base = RETORT_TRY(read_rope_base(config));
  c.norm_epsilon = config.at_path("rms_norm_eps").number_or(1e-6);
  c.tied = config.at_path("tie_word_embeddings").bool_or(false);
  if (c.heads % c.kv_heads != 0 || c.head_width < 2 || c.head_width % 2 != 0)
    return Error{ErrorCode::Malformed,
                 format("config.json: {} heads of width {} over {} key/value heads do not fit", c.heads,
                        c.head_width, c.kv_heads)};
  return c;
}

Json make_config_json(const DecoderConfig& c, torch::ScalarType dtype) {
  auto number = [](int64_t value) { return Json(static_cast<long>(value)); };
  const char* dtype_name = dtype == torch::kBFloat16  ? "bfloat16"
                           : dtype == torch::kFloat16 ? "float16"
                                                      : "float32";
  Json config = Json::object();
  config.set("architectures", Json::array().push("LlamaForCausalLM")).set("model_type", "llama");
  config.set("vocab_size", number(c.vocabulary)).set("hidden_size", number(c.width));
  config.set("intermediate_size", number(c.feed_forward)).set("num_hidden_layers", number(c.layers));
  config.set("num_attention_heads", number(c.heads)).set("num_key_value_heads", number(c.kv_heads));
  config.set("head_dim", number(c.head_width)).set("hidden_act", "silu");
  config.set("max_position_embeddings", number(c.context)).set("rms_norm_eps", c.norm_epsilon);
  config.set("rope_theta", c.rope_base).set("rope_scaling", nullptr);
  config.set("rope_parameters", Json::object().set("rope_type", "default").set("rope_theta", c.rope_base));
  config.set("tie_word_embeddings", c.tied).set("attention_bias", false).set("mlp_bias", false);
  config.set("attention_dropout", 0.0).set("initializer_range", 0.02).set("use_cache", true);
  return config.set("dtype", dtype_name).set("torch_dtype", dtype_name);
}

}  // namespace retort
