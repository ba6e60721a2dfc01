#include "gguf/rope_factors.h"

#include <cmath>
#include <numbers>

#include "gguf/architecture.h"

namespace retort {
namespace {

struct Llama3Scaling {
  double factor = 8, low = 1, high = 4, original = 8'192;
};

std::vector<float> factors_of(const Llama3Scaling& s, double base, size_t count) {
  std::vector<float> factors;
  for (size_t i = 0; i < count; ++i) {
    double turns = s.original / (2 * std::numbers::pi) /
                   std::pow(base, static_cast<double>(i) / static_cast<double>(count));
    double smooth = (turns - s.low) / (s.high - s.low);
    factors.push_back(static_cast<float>(turns < s.low    ? s.factor
                                         : turns > s.high ? 1
                                                          : 1 / ((1 - smooth) / s.factor + smooth)));
  }
  return factors;
}

// rope_scaling of transformers 4, rope_parameters of 5; null without.
const Json& scaling_of(const Json& config) {
  const Json& old = config.at_path("rope_scaling");
  return old.is_object() ? old : config.at_path("rope_parameters");
}
std::string_view type_of(const Json& scaling) {
  return scaling.at_path("rope_type").string_or(scaling.at_path("type").string_or("default"));
}

}  // namespace

double meant_by_float(double value) {
  return std::strtod(format("{}", static_cast<float>(value)).c_str(), nullptr);
}

int64_t head_width_of(const Json& config) {
  const int64_t heads = std::max<int64_t>(1, config.at_path("num_attention_heads").integer_or(1));
  return config.at_path("head_dim").integer_or(config.at_path("hidden_size").integer_or(0) / heads);
}

int64_t rotated_width_of(const Json& config) {
  const double share = config.at_path("partial_rotary_factor").number_or(1);
  return static_cast<int64_t>(share * static_cast<double>(head_width_of(config)));
}

double rope_base_of(const Json& config) {
  return config.at_path("rope_parameters/rope_theta")
      .number_or(config.at_path("rope_theta").number_or(10'000));
}

GgufRopeFactors rope_factors_of(const Json& config) {
  const Json& scaling = scaling_of(config);
  auto list = [&](const char* name) {
    std::vector<float> values;
    for (const Json& value : scaling.at_path(name).items())
      values.push_back(static_cast<float>(value.number_or(1)));
    return values;
  };
  if (type_of(scaling) == "longrope") return {{}, list("short_factor"), list("long_factor")};
  if (type_of(scaling) != "llama3") return {};
  const Llama3Scaling llama3 = {scaling.at_path("factor").number_or(8),
                                scaling.at_path("low_freq_factor").number_or(1),
                                scaling.at_path("high_freq_factor").number_or(4),
                                scaling.at_path("original_max_position_embeddings").number_or(8'192)};
  return {factors_of(llama3, rope_base_of(config), static_cast<size_t>(head_width_of(config) / 2)), {}, {}};
}

Result<void> add_rope_scaling(const Json& config, const std::string& prefix, GgufMetadata& metadata) {
  const Json& scaling = scaling_of(config);
  std::string type(type_of(scaling));
  if (type == "default" || type == "llama3") return {};
  const Json& original = scaling.at_path("original_max_position_embeddings");
  if (type == "longrope") {
    metadata.add_number(prefix + ".rope.scaling.attn_factor",
                        scaling.at_path("attention_factor").number_or(1));
    const Json& outer = config.at_path("original_max_position_embeddings");
    metadata.add_integer(prefix + ".rope.scaling.original_context_length",
                         outer.integer_or(original.integer_or(0)));
    return {};
  }
  if (type != "linear" && type != "yarn")
    return Error{
        ErrorCode::InvalidArgument,
        format("GGUF has no words for rope scaling of the type {}; export it as a folder (hf)", type)};
  metadata.add_text(prefix + ".rope.scaling.type", type);
  metadata.add_number(prefix + ".rope.scaling.factor", scaling.at_path("factor").number_or(1));
  if (original.is_integer())
    metadata.add_integer(prefix + ".rope.scaling.original_context_length", original.integer_or(0));
  return {};
}

Result<Json> scaling_of_factors(const std::vector<float>& factors, double base) {
  Llama3Scaling wanted{.factor = factors.back()};
  for (double original : {8'192.0, 4'096.0, 2'048.0, 16'384.0, 32'768.0, 65'536.0, 131'072.0}) {
    wanted.original = original;
    const std::vector<float> made = factors_of(wanted, base, factors.size());
    double difference = 0;
    for (size_t i = 0; i < factors.size(); ++i)
      difference = std::max(difference, std::abs(static_cast<double>(made[i]) / factors[i] - 1));
    if (difference < 1e-4)
      return Json::object()
          .set("rope_type", "llama3")
          .set("factor", wanted.factor)
          .set("low_freq_factor", wanted.low)
          .set("high_freq_factor", wanted.high)
          .set("original_max_position_embeddings", Json(static_cast<long>(original)));
  }
  return Error{ErrorCode::InvalidArgument,
               format("the factors in {} are not Llama 3's; this build reads no other, so use another model",
                      kRopeTensors[0].name)};
}

}  // namespace retort
