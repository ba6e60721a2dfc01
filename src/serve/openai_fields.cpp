#include "serve/openai_fields.h"

#include "base/format.h"

namespace retort {
namespace {

bool asks_for_nothing(const Json& json) {
  return json.is_null() || (json.is_bool() && !json.bool_or(true)) ||
         (json.is_number() && json.number_or(1) == 0) || (json.is_string() && json.string_or("x").empty()) ||
         ((json.is_array() || json.is_object()) && json.size() == 0);
}

}  // namespace

void ApiFields::fail(ApiError error) {
  if (!error_) error_ = std::move(error);
}

void ApiFields::wrong_type(const std::string& name, const std::string& wanted) {
  fail({.message = format("'{}' is of the wrong type; it must be {}", name, wanted),
        .param = name,
        .code = "invalid_type"});
}

const Json* ApiFields::any(const std::string& name) {
  known_.insert(name);
  const Json* found = json_.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<double> ApiFields::number(const std::string& name, double least, double most) {
  const Json* found = any(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) return wrong_type(name, "a number"), std::nullopt;
  const double value = found->number_or(0);
  if (value >= least && value <= most) return value;
  const bool below = value < least;
  fail({.message = format("'{}' is {}; it must be from {} to {}", name, value, least, most),
        .param = name,
        .code = below ? "decimal_below_min_value" : "decimal_above_max_value"});
  return std::nullopt;
}

std::optional<int64_t> ApiFields::integer(const std::string& name, int64_t least, int64_t most) {
  const Json* found = any(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_integer()) return wrong_type(name, "an integer"), std::nullopt;
  const int64_t value = found->integer_or(0);
  if (value >= least && value <= most) return value;
  const bool below = value < least;
  fail({.message = format("'{}' is {}; it must be at {} {}", name, value, below ? "least" : "most",
                          below ? least : most),
        .param = name,
        .code = below ? "integer_below_min_value" : "integer_above_max_value"});
  return std::nullopt;
}

bool ApiFields::flag(const std::string& name) {
  const Json* found = any(name);
  if (found == nullptr) return false;
  if (!found->is_bool()) wrong_type(name, "true or false");
  return found->bool_or(false);
}

std::string ApiFields::required_text(const std::string& name) {
  const Json* found = any(name);
  if (found == nullptr) {
    fail({.message = format("the request has no '{}'", name),
          .param = name,
          .code = "missing_required_parameter"});
    return "";
  }
  if (!found->is_string()) wrong_type(name, "a string");
  return std::string(found->string_or(""));
}

std::vector<std::string> ApiFields::texts(const std::string& name, size_t most) {
  const Json* found = any(name);
  if (found == nullptr) return {};
  if (found->is_string()) return {std::string(found->string_or(""))};
  if (!found->is_array())
    return wrong_type(name, "a string or an array of strings"), std::vector<std::string>();
  if (found->size() > most)
    fail({.message = format("'{}' has {} elements; at most {} are taken", name, found->size(), most),
          .param = name,
          .code = "array_above_max_length"});
  std::vector<std::string> texts;
  for (const Json& one : found->items()) {
    if (!one.is_string())
      return wrong_type(name, "a string or an array of strings"), std::vector<std::string>();
    texts.emplace_back(one.string_or(""));
  }
  return texts;
}

void ApiFields::refuse(const std::string& name, const std::string& why) {
  const Json* found = any(name);
  if (found == nullptr || asks_for_nothing(*found)) return;
  fail({.message = format("'{}' is not supported: {}", name, why),
        .param = name,
        .code = "unsupported_parameter"});
}

void ApiFields::refuse_others() {
  for (const auto& [name, value] : json_.members())
    if (!known_.contains(name))
      fail({.message = format("'{}' is no parameter of this request; leave it out", name),
            .param = name,
            .code = "unknown_parameter"});
}

}  // namespace retort
