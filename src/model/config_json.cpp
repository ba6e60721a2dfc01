#include "model/config_json.h"

#include "base/format.h"
#include "base/utf8.h"
#include "model/config_members.h"
#include "model/config_rope.h"
#include "model/family.h"

namespace retort {
namespace {

constexpr int64_t kWidthMax = 1 << 20, kHeadsMax = 65'536, kLayersMax = 4'096;

Result<const FamilyTraits*> read_family(const Json& config) {
  std::string_view type = config.at_path("model_type").string_or("(no model_type)");
  if (const Json& quantised = config.at_path("quantization_config"); !quantised.is_null())
    return unsupported_config("quantised weights (quantization_config)");
  if (type == "gemma3")
    return unsupported_config("gemma3 with images; take a folder of the type gemma3_text, its text part");
  const FamilyTraits* traits = find_family(type);
  if (traits == nullptr) return unsupported_config(format("the model_type {}", type));
  return traits;
}

Result<DecoderConfig> read_sizes(const Json& config, const FamilyTraits& traits) {
  const ConfigDefaults& defaults = traits.defaults;
  DecoderConfig c;
  c.family = traits.family;
  c.vocabulary = RETORT_TRY(read_size(config, "vocab_size", 1 << 24));
  c.width = RETORT_TRY(read_size(config, "hidden_size", kWidthMax));
  c.layers = RETORT_TRY(read_size(config, "num_hidden_layers", kLayersMax));
  c.heads = RETORT_TRY(read_size(config, "num_attention_heads", kHeadsMax));
  int64_t kv_heads = defaults.kv_heads > 0 ? defaults.kv_heads : c.heads;
  c.kv_heads = RETORT_TRY(read_size_or(config, "num_key_value_heads", kHeadsMax, kv_heads));
  int64_t head_width = defaults.head_width > 0 ? defaults.head_width : c.width / c.heads;
  c.head_width = RETORT_TRY(read_size_or(config, "head_dim", kWidthMax, head_width));
  c.feed_forward = RETORT_TRY(read_size(config, "intermediate_size", kWidthMax));
  c.context = RETORT_TRY(read_size_or(config, "max_position_embeddings", int64_t{1} << 30, defaults.context));
  c.norm_epsilon = RETORT_TRY(read_positive_or(config, "rms_norm_eps", 1, defaults.norm_epsilon));
  c.tied = RETORT_TRY(read_flag_or(config, "tie_word_embeddings", defaults.tied));
  if (c.heads % c.kv_heads != 0 || c.head_width < 2 || c.head_width % 2 != 0)
    return Error{
        ErrorCode::Malformed,
        format("config.json: num_attention_heads {}, head_dim {} and num_key_value_heads {} do not fit",
               c.heads, c.head_width, c.kv_heads)};
  return c;
}

const char* dtype_name(torch::ScalarType dtype) {
  return dtype == torch::kBFloat16 ? "bfloat16" : dtype == torch::kFloat16 ? "float16" : "float32";
}

}  // namespace

Result<DecoderConfig> parse_decoder_config(const Json& config) {
  if (!config.is_object()) return Error{ErrorCode::Malformed, "config.json holds no JSON object"};
  const FamilyTraits* traits = RETORT_TRY(read_family(config));
  DecoderConfig c = RETORT_TRY(read_sizes(config, *traits));
  RETORT_TRY(traits->read(config, c));
  return c;
}

Json make_config_json(const DecoderConfig& c, torch::ScalarType dtype) {
  const FamilyTraits& traits = traits_of(c.family);
  Json config = Json::object();
  config.set("architectures", Json::array().push(traits.architecture)).set("model_type", traits.model_type);
  config.set("vocab_size", c.vocabulary).set("hidden_size", c.width);
  config.set("intermediate_size", c.feed_forward).set("num_hidden_layers", c.layers);
  config.set("num_attention_heads", c.heads).set("num_key_value_heads", c.kv_heads);
  config.set("head_dim", c.head_width);
  config.set("hidden_act", c.activation == Activation::Silu ? "silu" : "gelu_pytorch_tanh");
  config.set("max_position_embeddings", c.context).set("rms_norm_eps", c.norm_epsilon);
  Json rope = make_rope_members(c.rope_base, c.rope_scaling);
  bool scaled = c.rope_scaling.kind != RopeScalingKind::None;
  config.set("rope_theta", c.rope_base).set("rope_scaling", scaled ? rope : Json());
  config.set("rope_parameters", rope).set("tie_word_embeddings", c.tied);
  config.set("attention_dropout", 0.0).set("initializer_range", 0.02).set("use_cache", true);
  traits.write(c, config);
  return config.set("dtype", dtype_name(dtype)).set("torch_dtype", dtype_name(dtype));
}

}  // namespace retort
