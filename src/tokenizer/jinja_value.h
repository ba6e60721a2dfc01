// The values of a chat template: what JSON has, undefined, and functions. Text knows for every byte who wrote
// it, so that what a message brought is told apart from what the template says, wherever it ends up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"

namespace retort::jinja {

// Ends a rendering; caught at the door (jinja.h).
struct Failure {
  std::string message;
};

// 0: the template. Others as the caller numbers them.
using Author = uint16_t;

class Text {
 public:
  static constexpr size_t kBytesMax = size_t{16} << 20;
  Text() = default;
  Text(std::string_view bytes, Author author = 0) : bytes_(bytes) {
    if (author != 0) authors_.assign(bytes.size(), author);
  }
  const std::string& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  Author author(size_t at) const { return authors_.empty() ? Author{0} : authors_[at]; }
  // Bytes [at, at + count).
  Text part(size_t at, size_t count = std::string::npos) const;
  void append(const Text& other);
  void append(std::string_view bytes) { append(Text(bytes)); }

 private:
  std::string bytes_;
  std::vector<Author> authors_;  // empty: all the template's
};

struct Value;
// Lists and mappings know how deep they nest (at most kDepthMax), so that walking them ends.
constexpr int kDepthMax = 200;
struct List : std::vector<Value> {
  using std::vector<Value>::vector;
  int depth = 0;
};
using Member = std::pair<std::string, Value>;
struct Dict {
  std::vector<Member> members;
  bool is_namespace = false;
  int depth = 0;
  const Value* find(std::string_view name) const;
  void set(std::string_view name, Value value);
};
struct Arguments;
using Function = std::function<Value(const Arguments&)>;

struct Undefined {
  std::string name;  // for the message when it is used
};
struct None {};

struct Value {
  std::variant<Undefined, None, bool, int64_t, double, Text, std::shared_ptr<List>, std::shared_ptr<Dict>,
               std::shared_ptr<Function>>
      is;

  Value() = default;
  Value(Undefined value) : is(std::move(value)) {}
  Value(None value) : is(value) {}
  Value(bool value) : is(value) {}
  Value(int value) : is(int64_t{value}) {}
  Value(int64_t value) : is(value) {}
  Value(double value) : is(value) {}
  Value(Text value) : is(std::move(value)) {}
  Value(const char* value) : is(Text(value)) {}
  Value(std::string_view value) : is(Text(value)) {}
  Value(List value);
  Value(Dict value);
  Value(Function value) : is(std::make_shared<Function>(std::move(value))) {}

  template <class T>
  const T* as() const {
    return std::get_if<T>(&is);
  }
  const Text* text() const { return as<Text>(); }
  const List* list() const { return pointed<List>(); }
  const Dict* dict() const { return pointed<Dict>(); }
  const Function* function() const { return pointed<Function>(); }
  bool undefined() const { return as<Undefined>() != nullptr; }
  bool none() const { return as<None>() != nullptr; }
  bool number() const { return as<int64_t>() != nullptr || as<double>() != nullptr || as<bool>() != nullptr; }

 private:
  template <class T>
  const T* pointed() const {
    const std::shared_ptr<T>* pointer = std::get_if<std::shared_ptr<T>>(&is);
    return pointer != nullptr ? pointer->get() : nullptr;
  }
};

struct Arguments {
  std::vector<Value> positional;
  std::vector<Member> named;
  // The argument of that place or name; undefined when it was not given.
  Value get(size_t place, std::string_view name) const;
};

// How deep a value nests: 0 for what holds no others.
int depth_of(const Value& value);
// Strings in it are `author`'s.
Value from_json(const Json& json, Author author);

bool truth(const Value& value);
bool equal(const Value& a, const Value& b);
// -1, 0, 1; fails for what has no order.
int compare(const Value& a, const Value& b);
bool contains(const Value& container, const Value& item);
// As {{ value }} prints it: Python's str().
Text to_text(const Value& value);
// Python's repr().
std::string to_repr(const Value& value);
// Python's json.dumps(ensure_ascii=False); indent 0: on one line.
std::string to_json_text(const Value& value, int indent, bool sorted);
// What `for` walks over: elements, keys, characters, nothing of undefined.
List elements(const Value& value);
std::string_view type_name(const Value& value);
// Fails unless it is one; `what` says who wanted it.
const Text& want_text(const Value& value, std::string_view what);
int64_t want_integer(const Value& value, std::string_view what);
double want_number(const Value& value, std::string_view what);
// Byte offsets of the characters of a text, and its end.
std::vector<size_t> character_offsets(std::string_view text);

}  // namespace retort::jinja
