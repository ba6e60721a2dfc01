// A JSON value: small, ordered (objects keep the order of insertion), with integers apart from doubles.
// Parsing is strict (RFC 8259, valid UTF-8, depth and size bounded) and total; it stands on nlohmann/json's
// SAX reader, which only json.cpp includes because its header is dear. `dump` is canonical: same value, same
// bytes.
//
//   Json request = Json::object();
//   request.set("model", "gpt").set("n", 1);
//   Result<Json> reply = parse_json(text);
//   const Json* choices = reply->find("choices");      // nullptr when absent or not an object
//   std::string_view text = reply->at_path("choices/0/message/content").string_or("");
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace retort {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(const Json& other) { *this = other; }
  Json(Json&& other) = default;
  // The copy is made beside the value, then moved in: libstdc++ 12 destroys a variant whose copy ran out of
  // memory halfway as if it held something.
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) = default;
  ~Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(int64_t{value}) {}
  Json(unsigned value) : value_(int64_t{value}) {}
  Json(long value) : value_(int64_t{value}) {}
  Json(long long value) : value_(int64_t{value}) {}
  Json(unsigned long value) : value_(static_cast<int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  static Json array() { return Json(Array{}); }
  static Json object() {
    Json json;
    json.value_ = Object{};
    return json;
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // What the value is, or `other` when it is of another type. A double with a whole value is no integer.
  bool bool_or(bool other) const;
  int64_t integer_or(int64_t other) const;
  double number_or(double other) const;
  std::string_view string_or(std::string_view other) const;

  // Elements and members; empty for any other type.
  const Array& items() const;
  const Object& members() const;
  size_t size() const { return is_array() ? items().size() : members().size(); }

  // The member of that name (the last one, should the text have repeated it), or nullptr.
  const Json* find(std::string_view name) const;
  // Follows "choices/0/message"; a null value where the way ends.
  const Json& at_path(std::string_view path) const;

  // Sets or replaces a member of an object (a null becomes an object), returns *this.
  Json& set(std::string_view name, Json value);
  // Appends to an array (a null becomes an array), returns *this.
  Json& push(Json value);

  // Compact; indent > 0 pretty-prints. Non-finite doubles become null; invalid UTF-8 becomes U+FFFD. A double
  // prints in the shortest form that reads back to the same value.
  std::string dump(int indent = 0) const;
  // The same with members sorted by name at every level: the form that is hashed.
  std::string canonical() const;

  bool operator==(const Json& other) const { return value_ == other.value_; }

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

// Malformed with the byte offset; `depth_max` bounds nesting.
Result<Json> parse_json(std::string_view text, int depth_max = 64);
// read_file + parse_json, the error names the file.
Result<Json> read_json_file(const std::string& path);

}  // namespace retort
