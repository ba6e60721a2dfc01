#include "model/config_rope.h"

#include <cmath>

#include "base/format.h"
#include "model/config_members.h"

namespace retort {
namespace {

constexpr double kFactorMax = 1e6, kContextMax = 1 << 30;

std::string_view rope_type(const Json& members, const DecoderConfig& c) {
  const Json& type =
      members.find("rope_type") != nullptr ? members.at_path("rope_type") : members.at_path("type");
  std::string_view name = type.string_or("default");
  // Phi-3's first folders called LongRoPE by other names.
  if (c.family == Family::Phi3 && (name == "su" || name == "yarn")) return "longrope";
  return name;
}

Result<double> read_original_context(const Json& config, const Json& members, const DecoderConfig& c) {
  double known = c.family == Family::Phi3 ? 4'096 : static_cast<double>(c.context);
  double inner =
      RETORT_TRY(read_positive_or(members, "original_max_position_embeddings", kContextMax, known));
  const char* outer = "original_max_position_embeddings";
  if (c.family == Family::Phi3 && config.at_path(outer).is_null()) return known;
  return read_positive_or(config, outer, kContextMax, inner);
}

Result<void> read_llama3(const Json& members, RopeScaling& s) {
  s.kind = RopeScalingKind::Llama3;
  s.factor = RETORT_TRY(read_positive_or(members, "factor", kFactorMax, 8));
  s.low_frequency = RETORT_TRY(read_positive_or(members, "low_freq_factor", kFactorMax, 1));
  s.high_frequency = RETORT_TRY(read_positive_or(members, "high_freq_factor", kFactorMax, 4));
  if (s.high_frequency <= s.low_frequency)
    return Error{ErrorCode::Malformed,
                 format("config.json: high_freq_factor {} is not above low_freq_factor {}", s.high_frequency,
                        s.low_frequency)};
  return {};
}

// YaRN's factor for scores with "mscale" (DeepSeek's addition).
double mscale_of(double factor, double mscale) {
  return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1;
}

Result<void> read_yarn(const Json& members, const DecoderConfig& c, RopeScaling& s) {
  s.kind = RopeScalingKind::Yarn;
  double stretched = static_cast<double>(c.context) / s.original_context;
  s.factor = RETORT_TRY(read_positive_or(members, "factor", kFactorMax, stretched));
  s.beta_fast = RETORT_TRY(read_positive_or(members, "beta_fast", kFactorMax, 32));
  s.beta_slow = RETORT_TRY(read_positive_or(members, "beta_slow", kFactorMax, 1));
  s.whole_bounds = RETORT_TRY(read_flag_or(members, "truncate", true));
  double mscale = RETORT_TRY(read_optional_positive(members, "mscale", kFactorMax));
  double all = RETORT_TRY(read_optional_positive(members, "mscale_all_dim", kFactorMax));
  double inferred = mscale > 0 && all > 0 ? mscale_of(s.factor, mscale) / mscale_of(s.factor, all)
                                          : yarn_attention_factor(s.factor);
  s.attention_factor = RETORT_TRY(read_positive_or(members, "attention_factor", kFactorMax, inferred));
  return {};
}

Result<void> read_long_rope(const Json& members, const DecoderConfig& c, RopeScaling& s) {
  s.kind = RopeScalingKind::LongRope;
  int64_t frequencies = (c.rotated_width > 0 ? c.rotated_width : c.head_width) / 2;
  s.short_factors = RETORT_TRY(read_positive_list(members, "short_factor", frequencies));
  s.long_factors = RETORT_TRY(read_positive_list(members, "long_factor", frequencies));
  double stretched = static_cast<double>(c.context) / s.original_context;
  s.factor = RETORT_TRY(read_positive_or(members, "factor", kFactorMax, stretched));
  s.attention_factor = RETORT_TRY(read_positive_or(members, "attention_factor", kFactorMax,
                                                   long_rope_attention_factor(s.factor, s.original_context)));
  return {};
}

Result<void> read_scaling(const Json& config, const Json& members, DecoderConfig& c) {
  RopeScaling& s = c.rope_scaling;
  std::string_view type = rope_type(members, c);
  if (type == "default") return {};
  if (type == "linear") {
    s.kind = RopeScalingKind::Linear;
    s.factor = RETORT_TRY(read_positive_or(members, "factor", kFactorMax, 1));
    return {};
  }
  s.original_context = RETORT_TRY(read_original_context(config, members, c));
  if (type == "llama3") return read_llama3(members, s);
  if (type == "yarn") return read_yarn(members, c, s);
  if (type == "longrope") return read_long_rope(members, c, s);
  return unsupported_config(format("rope scaling of the type {}", type));
}

// How much of a head is rotated; only Phi-3 has less than all.
Result<void> read_rotated_width(const Json& config, const Json& members, DecoderConfig& c) {
  double outer = RETORT_TRY(read_positive_or(config, "partial_rotary_factor", 1, 1));
  double share = RETORT_TRY(read_positive_or(members, "partial_rotary_factor", 1, outer));
  if (share == 1) return {};
  if (c.family != Family::Phi3)
    return unsupported_config(format("a partial_rotary_factor of {} here", share));
  c.rotated_width = static_cast<int64_t>(share * static_cast<double>(c.head_width));
  if (c.rotated_width < 2 || c.rotated_width % 2 != 0)
    return Error{ErrorCode::Malformed,
                 format("config.json: partial_rotary_factor {} rotates {} elements of a head, "
                        "not an even number of them",
                        share, c.rotated_width)};
  return {};
}

}  // namespace

const Json& rope_members(const Json& config) {
  const Json& scaling = config.at_path("rope_scaling");
  return scaling.size() > 0 ? scaling : config.at_path("rope_parameters");
}

Result<void> read_rope(const Json& config, const Json& members, double base, DecoderConfig& c) {
  if (!members.is_null() && !members.is_object())
    return Error{ErrorCode::Malformed, "config.json: rope_scaling or rope_parameters is no object"};
  double outer = RETORT_TRY(read_positive_or(config, "rope_theta", 1e12, base));
  c.rope_base = RETORT_TRY(read_positive_or(members, "rope_theta", 1e12, outer));
  if (c.rope_base <= 1)
    return Error{ErrorCode::Malformed, format("config.json: rope_theta is {}, not above 1", c.rope_base)};
  RETORT_TRY(read_rotated_width(config, members, c));
  return read_scaling(config, members, c);
}

Json make_rope_members(double base, const RopeScaling& s) {
  Json members = Json::object();
  auto list = [](const std::vector<double>& values) {
    Json array = Json::array();
    for (double value : values) array.push(value);
    return array;
  };
  auto type = [&](const char* name) -> Json& {
    return members.set("rope_type", name).set("rope_theta", base);
  };
  auto original = [&] {
    members.set("original_max_position_embeddings", Json(static_cast<int64_t>(s.original_context)));
  };
  switch (s.kind) {
    case RopeScalingKind::None:
      return type("default");
    case RopeScalingKind::Linear:
      return type("linear").set("factor", s.factor);
    case RopeScalingKind::Llama3:
      type("llama3").set("factor", s.factor).set("low_freq_factor", s.low_frequency);
      members.set("high_freq_factor", s.high_frequency);
      break;
    case RopeScalingKind::Yarn:
      type("yarn").set("factor", s.factor).set("beta_fast", s.beta_fast).set("beta_slow", s.beta_slow);
      members.set("attention_factor", s.attention_factor).set("truncate", s.whole_bounds);
      break;
    case RopeScalingKind::LongRope:
      type("longrope").set("short_factor", list(s.short_factors)).set("long_factor", list(s.long_factors));
      members.set("attention_factor", s.attention_factor);
      break;
  }
  original();
  return members;
}

}  // namespace retort
