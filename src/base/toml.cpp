#include "base/toml.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>
#include <sstream>

#include "base/utf8.h"

namespace retort {
namespace {

Json to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    Json json = Json::object();
    for (const auto& [key, value] : *table) json.set(key.str(), to_json(value));
    return json;
  }
  if (const auto* array = node.as_array()) {
    Json json = Json::array();
    for (const auto& item : *array) json.push(to_json(item));
    return json;
  }
  if (const auto* value = node.as_string()) return Json(value->get());
  if (const auto* value = node.as_integer()) return Json(static_cast<long>(value->get()));
  if (const auto* value = node.as_floating_point()) return Json(value->get());
  if (const auto* value = node.as_boolean()) return Json(value->get());
  std::ostringstream text;
  if (const auto* value = node.as_date()) text << value->get();
  if (const auto* value = node.as_time()) text << value->get();
  if (const auto* value = node.as_date_time()) text << value->get();
  return Json(text.str());
}

}  // namespace

Result<Json> parse_toml(std::string_view text, const std::string& file) {
  toml::parse_result result = toml::parse(text, file);
  if (result) return to_json(result.table());
  const toml::parse_error& error = result.error();
  return Error{ErrorCode::Malformed,
               format("{}:{}:{}: {}", file, error.source().begin.line, error.source().begin.column,
                      terminal_safe(error.description(), 200))};
}

}  // namespace retort
