#include "model/config_members.h"

#include <cmath>

#include "base/format.h"
#include "base/utf8.h"

namespace retort {
namespace {

std::string shown(const Json& value) { return terminal_safe(value.dump().substr(0, 60), 40); }

Error wrong(std::string_view name, const Json& value, std::string_view wanted) {
  return {ErrorCode::Malformed, format("config.json: {} is {}, not {}", name, shown(value), wanted)};
}

}  // namespace

Error unsupported_config(std::string_view what) {
  return {
      ErrorCode::InvalidArgument,
      format(
          "config.json: this build does not run {}; it runs llama, mistral, qwen2, qwen3, smollm3, gemma2, "
          "gemma3_text, phi3 and olmo2: use such a model as student.base",
          terminal_safe(what, 100))};
}

Result<int64_t> read_size(const Json& config, std::string_view name, int64_t most) {
  const Json& value = config.at_path(name);
  int64_t size = value.integer_or(0);
  if (size < 1 || size > most) return wrong(name, value, format("a whole number from 1 to {}", most));
  return size;
}

Result<int64_t> read_size_or(const Json& config, std::string_view name, int64_t most, int64_t other) {
  if (config.at_path(name).is_null()) return other;
  return read_size(config, name, most);
}

Result<double> read_optional_positive(const Json& config, std::string_view name, double most) {
  return read_positive_or(config, name, most, 0);
}

Result<double> read_positive_or(const Json& config, std::string_view name, double most, double other) {
  const Json& value = config.at_path(name);
  if (value.is_null()) return other;
  double number = value.number_or(0);
  if (!(number > 0 && number <= most))
    return wrong(name, value, format("a number above 0, at most {}", most));
  return number;
}

Result<bool> read_flag_or(const Json& config, std::string_view name, bool other) {
  const Json& value = config.at_path(name);
  if (value.is_null()) return other;
  if (!value.is_bool()) return wrong(name, value, "true or false");
  return value.bool_or(other);
}

Result<std::vector<double>> read_positive_list(const Json& config, std::string_view name, int64_t count) {
  const Json& value = config.at_path(name);
  std::vector<double> numbers;
  for (const Json& item : value.items()) numbers.push_back(item.number_or(0));
  bool sound = static_cast<int64_t>(numbers.size()) == count;
  for (double number : numbers) sound = sound && number > 0 && std::isfinite(number);
  if (!sound) return wrong(name, value, format("a list of {} numbers above 0", count));
  return numbers;
}

}  // namespace retort
