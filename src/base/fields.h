// One field list per config. A struct names its fields once; reading with errors that name the nearest known
// key, writing as JSON, hashing and printing a commented TOML file are visitors over that list. (gemma.cpp's
// io/fields.h showed the way.)
//
//   struct TrainOptions {
//     int64_t steps_max = 0;        // 0: no limit
//     template <class Visitor> void fields(Visitor& visit) {
//       visit("steps_max", steps_max, "stop after so many optimizer steps; 0 turns it off");
//     }
//   };
//   Result<void> read = read_fields(json, options, "train");
//
// Field types: bool, int, int64_t, uint64_t, double, std::string, std::vector<std::string>,
// std::vector<double>, and structs with fields of their own (a TOML table). An enum is kept as its string and
// checked where it is used.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/json.h"

namespace retort {

// The member of `known` with the least edit distance to `name`; empty when nothing is near (more than half of
// it differs).
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

namespace fields_detail {

Error unknown_key(std::string_view where, std::string_view name, const std::vector<std::string>& known);
Error wrong_type(std::string_view where, std::string_view name, std::string_view wanted, const Json& got);

// Each returns "" when it took the value, else what was wanted.
std::string_view take(const Json& json, bool& out);
std::string_view take(const Json& json, int& out);
std::string_view take(const Json& json, int64_t& out);
std::string_view take(const Json& json, uint64_t& out);
std::string_view take(const Json& json, double& out);
std::string_view take(const Json& json, std::string& out);
std::string_view take(const Json& json, std::vector<std::string>& out);
std::string_view take(const Json& json, std::vector<double>& out);

inline Json give(bool v) { return v; }
inline Json give(int v) { return v; }
inline Json give(int64_t v) { return Json(static_cast<long>(v)); }
inline Json give(uint64_t v) { return Json(static_cast<long>(v)); }
inline Json give(double v) { return v; }
inline Json give(const std::string& v) { return v; }
Json give(const std::vector<std::string>& v);
Json give(const std::vector<double>& v);

// "# doc\nname = value\n"
void print_toml(std::string_view name, const Json& value, std::string_view doc, std::string& out);

template <class T>
concept Section = std::is_class_v<T> && !requires(const Json& json, T& t) {
  take(json, t);
};

}  // namespace fields_detail

// Fills `out` from the members of `json`; what is absent keeps its default. InvalidArgument for an unknown
// key or a wrong type; `where` is the section's name for the message ("teacher", or "" at the top).
template <class T>
Result<void> read_fields(const Json& json, T& out, const std::string& where) {
  using namespace fields_detail;
  if (!json.is_object()) return wrong_type(where, "", "a table", json);
  std::vector<std::string> known;
  Result<void> result;
  auto visit = [&]<class F>(const char* name, F& field, const char*) {
    known.push_back(name);
    const Json* value = json.find(name);
    if (value == nullptr || !result) return;
    if constexpr (Section<F>) {
      result = read_fields(*value, field, where.empty() ? name : where + "." + name);
    } else if (std::string_view wanted = take(*value, field); !wanted.empty()) {
      result = wrong_type(where, name, wanted, *value);
    }
  };
  out.fields(visit);
  if (!result) return result;
  for (const auto& [name, value] : json.members()) {
    bool found = false;
    for (const std::string& k : known) found = found || k == name;
    if (!found) return unknown_key(where, name, known);
  }
  return {};
}

// All fields as a JSON object, in the order of the list.
template <class T>
Json fields_to_json(const T& value) {
  using namespace fields_detail;
  Json json = Json::object();
  auto visit = [&]<class F>(const char* name, F& field, const char*) {
    if constexpr (Section<F>)
      json.set(name, fields_to_json(field));
    else
      json.set(name, give(field));
  };
  const_cast<T&>(value).fields(visit);
  return json;
}

// A commented TOML text that reads back to the same value; nested structs become [sections]. Of the keys
// those alone for which keep("section.key", value) holds; a section without any is left out.
template <class T, class Keep>
std::string fields_to_toml(const T& value, const Keep& keep, const std::string& where = "") {
  using namespace fields_detail;
  std::string own, sections;
  auto visit = [&]<class F>(const char* name, F& field, const char* doc) {
    const std::string path = where.empty() ? name : where + "." + name;
    if constexpr (Section<F>) {
      const std::string keys = fields_to_toml(field, keep, path);
      if (!keys.empty()) sections += format("\n# {}\n[{}]\n", doc, path) + keys;
    } else if (const Json json = give(field); keep(path, json)) {
      print_toml(name, json, doc, own);
    }
  };
  const_cast<T&>(value).fields(visit);
  return own + sections;
}
template <class T>
std::string fields_to_toml(const T& value) {
  return fields_to_toml(value, [](const std::string&, const Json&) { return true; });
}

}  // namespace retort
