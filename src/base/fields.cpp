#include "base/fields.h"

#include <algorithm>
#include <numeric>

#include "base/utf8.h"

namespace retort {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  size_t least = name.size() / 2 + 1;
  for (const std::string& candidate : known) {
    size_t distance = edit_distance(name, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

namespace fields_detail {

Error unknown_key(std::string_view where, std::string_view name, const std::vector<std::string>& known) {
  std::string near = nearest_name(name, known);
  std::string place = where.empty() ? "at the top level" : format("in [{}]", where);
  std::string advice;
  if (!near.empty()) {
    advice = format("did you mean \"{}\"?", near);
  } else {
    advice = "known keys:";
    for (const std::string& k : known) advice += " " + k;
  }
  return {ErrorCode::InvalidArgument,
          format("unknown key \"{}\" {}; {}", terminal_safe(name, 60), place, advice)};
}

Error wrong_type(std::string_view where, std::string_view name, std::string_view wanted, const Json& got) {
  std::string key = name.empty()    ? format("[{}]", where)
                    : where.empty() ? std::string(name)
                                    : format("{}.{}", where, name);
  return {ErrorCode::InvalidArgument,
          format("{} must be {}, not {}", key, wanted, terminal_safe(got.dump(), 60))};
}

std::string_view take(const Json& json, bool& out) {
  if (!json.is_bool()) return "true or false";
  out = json.bool_or(false);
  return "";
}
std::string_view take(const Json& json, int& out) {
  int64_t wide = 0;
  if (std::string_view wanted = take(json, wide); !wanted.empty()) return wanted;
  if (wide > INT32_MAX || wide < INT32_MIN) return "a whole number of at most 31 bits";
  out = static_cast<int>(wide);
  return "";
}
std::string_view take(const Json& json, int64_t& out) {
  if (!json.is_integer()) return "a whole number";
  out = json.integer_or(0);
  return "";
}
std::string_view take(const Json& json, uint64_t& out) {
  if (!json.is_integer() || json.integer_or(0) < 0) return "a whole number that is not negative";
  out = static_cast<uint64_t>(json.integer_or(0));
  return "";
}
std::string_view take(const Json& json, double& out) {
  if (!json.is_number()) return "a number";
  out = json.number_or(0);
  return "";
}
std::string_view take(const Json& json, std::string& out) {
  if (!json.is_string()) return "a string";
  out = json.string_or("");
  return "";
}
std::string_view take(const Json& json, std::vector<std::string>& out) {
  std::vector<std::string> read;
  for (const Json& item : json.items()) {
    if (!item.is_string()) return "an array of strings";
    read.emplace_back(item.string_or(""));
  }
  if (!json.is_array()) return "an array of strings";
  out = std::move(read);
  return "";
}
std::string_view take(const Json& json, std::vector<double>& out) {
  std::vector<double> read;
  for (const Json& item : json.items()) {
    if (!item.is_number()) return "an array of numbers";
    read.push_back(item.number_or(0));
  }
  if (!json.is_array()) return "an array of numbers";
  out = std::move(read);
  return "";
}

Json give(const std::vector<std::string>& v) {
  Json json = Json::array();
  for (const std::string& s : v) json.push(s);
  return json;
}
Json give(const std::vector<double>& v) {
  Json json = Json::array();
  for (double d : v) json.push(d);
  return json;
}

void print_toml(std::string_view name, const Json& value, std::string_view doc, std::string& out) {
  // JSON's scalars, arrays and escaped strings are TOML too.
  out += format("# {}\n{} = {}\n", doc, name, value.dump());
}

}  // namespace fields_detail
}  // namespace retort
