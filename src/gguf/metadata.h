// The named values of a GGUF file: numbers, texts and arrays by key, in the file's order. Readers name the
// key in what they complain of.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "gguf/format.h"

namespace retort {

struct GgufValue {
  using Integers = std::vector<int64_t>;
  using Numbers = std::vector<double>;
  using Texts = std::vector<std::string>;
  GgufValueType type = GgufValueType::Uint32;
  GgufValueType item_type = GgufValueType::Uint8;  // of an array
  // Every whole number and truth value is an int64_t (a Uint64 above its range by its bits), an array of them
  // Integers; an array of arrays holds values.
  std::variant<int64_t, double, std::string, Integers, Numbers, Texts, std::vector<GgufValue>> data;
  bool operator==(const GgufValue& other) const;
};

class GgufMetadata {
 public:
  using Entry = std::pair<std::string, GgufValue>;
  const std::vector<Entry>& entries() const { return entries_; }
  const GgufValue* find(std::string_view key) const;  // nullptr when absent

  // NotFound without the key; Malformed when it is of another type or outside [least, most].
  Result<int64_t> integer(std::string_view key, int64_t least, int64_t most) const;
  // The same, and `other` without the key.
  Result<int64_t> integer_or(std::string_view key, int64_t least, int64_t most, int64_t other) const;
  Result<double> number_or(std::string_view key, double other) const;
  Result<bool> bool_or(std::string_view key, bool other) const;
  Result<std::string> text(std::string_view key) const;
  Result<std::string> text_or(std::string_view key, std::string_view other) const;
  // nullptr without the key; Malformed when it is no array of that kind.
  Result<const GgufValue::Texts*> texts(std::string_view key) const;
  Result<const GgufValue::Integers*> integers(std::string_view key) const;
  Result<const GgufValue::Numbers*> numbers(std::string_view key) const;

  // Appends; keys are unique (the reader has checked, a writer must know).
  void add(std::string key, GgufValue value);
  void add_integer(std::string key, int64_t value);  // as Uint32
  void add_number(std::string key, double value);    // as Float32
  void add_bool(std::string key, bool value);
  void add_text(std::string key, std::string value);
  void add_texts(std::string key, GgufValue::Texts values);
  void add_integers(std::string key, GgufValue::Integers values);  // as Int32
  void add_numbers(std::string key, GgufValue::Numbers values);    // as Float32

 private:
  std::vector<Entry> entries_;
};

// The entry of that key is wrong, and how; "<key> is ...".
Error bad_gguf_value(std::string_view key, std::string_view what);

}  // namespace retort
