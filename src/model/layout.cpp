#include "model/layout.h"

#include <optional>
#include <string_view>

#include "model/family.h"

namespace retort {
namespace {

struct Join {
  std::string_view part, whole;
};
constexpr Join kJoins[] = {{".q_proj.", ".qkv_proj."},
                           {".k_proj.", ".qkv_proj."},
                           {".v_proj.", ".qkv_proj."},
                           {".gate_proj.", ".gate_up_proj."},
                           {".up_proj.", ".gate_up_proj."}};

// What a family that joins projections calls the tensor that holds this weight.
std::string joined_name(const std::string& name) {
  for (const Join& join : kJoins)
    if (size_t at = name.find(join.part); at != std::string::npos)
      return std::string(name).replace(at, join.part.size(), join.whole);
  return name;
}

}  // namespace

std::vector<StoredTensor> stored_tensors(Decoder& decoder) {
  bool joins = traits_of(decoder.config.family).joins_projections;
  std::vector<StoredTensor> stored;
  for (auto& [name, weight] : named_weights(decoder)) {
    std::string stored_name = joins ? joined_name(name) : name;
    if (stored.empty() || stored.back().name != stored_name) stored.push_back({stored_name, {}});
    stored.back().parts.emplace_back(name, weight);
  }
  return stored;
}

std::vector<int64_t> stored_shape(const DecoderConfig& config, const StoredTensor& stored) {
  std::vector<int64_t> shape = weight_shape(config, stored.parts.at(0).first);
  for (size_t i = 1; i < stored.parts.size(); ++i) shape[0] += weight_shape(config, stored.parts[i].first)[0];
  return shape;
}

}  // namespace retort
