#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json_text.h"
#include "base/utf8.h"

namespace retort {
namespace {

const Json kNull;
const Json::Array kNoItems;
const Json::Object kNoMembers;

// Builds a Json from nlohmann's events; refuses what is nested too deeply.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(int depth_max) : depth_max_(depth_max) {}
  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(static_cast<long>(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    // Beyond int64 a number is kept as a double, as JavaScript would.
    if (value > static_cast<uint64_t>(INT64_MAX)) return add(Json(static_cast<double>(value)));
    return add(Json(static_cast<long>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    position_ = position;
    return false;
  }

  Json root;
  bool too_deep = false;
  size_t position_ = 0;

 private:
  struct Level {
    Json value;
    std::string key;
  };
  bool add(Json value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().value.is_array()) {
      open_.back().value.push(std::move(value));
    } else {
      const_cast<Json::Object&>(open_.back().value.members())
          .emplace_back(std::move(open_.back().key), std::move(value));
    }
    return true;
  }
  bool open(Json value) {
    too_deep = static_cast<int>(open_.size()) >= depth_max_;
    if (too_deep) return false;
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Json done = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(done));
  }
  int depth_max_;
  std::vector<Level> open_;
};

struct Style {
  int indent = 0;
  bool sorted = false;
};

void new_line(const Style& style, int depth, std::string& out) {
  if (style.indent == 0) return;
  out += '\n';
  out.append(static_cast<size_t>(style.indent * depth), ' ');
}

void dump_value(const Json& json, const Style& style, int depth, std::string& out);

void dump_members(const Json::Object& members, const Style& style, int depth, std::string& out) {
  std::vector<const Json::Member*> order;
  for (const auto& member : members) order.push_back(&member);
  if (style.sorted)
    std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->first < b->first; });
  out += '{';
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0) out += ',';
    new_line(style, depth + 1, out);
    append_json_string(valid_utf8(order[i]->first) ? order[i]->first : replace_invalid_utf8(order[i]->first),
                       out);
    out += style.indent > 0 ? ": " : ":";
    dump_value(order[i]->second, style, depth + 1, out);
  }
  if (!order.empty()) new_line(style, depth, out);
  out += '}';
}

void dump_value(const Json& json, const Style& style, int depth, std::string& out) {
  if (json.is_null()) {
    out += "null";
  } else if (json.is_bool()) {
    out += json.bool_or(false) ? "true" : "false";
  } else if (json.is_integer()) {
    out += std::to_string(json.integer_or(0));
  } else if (json.is_number()) {
    append_json_double(json.number_or(0), out);
  } else if (json.is_string()) {
    std::string_view text = json.string_or("");
    valid_utf8(text) ? append_json_string(text, out) : append_json_string(replace_invalid_utf8(text), out);
  } else if (json.is_array()) {
    out += '[';
    for (size_t i = 0; i < json.items().size(); ++i) {
      if (i > 0) out += ',';
      new_line(style, depth + 1, out);
      dump_value(json.items()[i], style, depth + 1, out);
    }
    if (!json.items().empty()) new_line(style, depth, out);
    out += ']';
  } else {
    dump_members(json.members(), style, depth, out);
  }
}

}  // namespace

Json& Json::operator=(const Json& other) {
  std::visit(
      [this](const auto& value) {
        auto copy = value;
        value_ = std::move(copy);
      },
      other.value_);
  return *this;
}

bool Json::bool_or(bool other) const { return is_bool() ? std::get<bool>(value_) : other; }
int64_t Json::integer_or(int64_t other) const { return is_integer() ? std::get<int64_t>(value_) : other; }
double Json::number_or(double other) const {
  if (is_integer()) return static_cast<double>(std::get<int64_t>(value_));
  return is_number() ? std::get<double>(value_) : other;
}
std::string_view Json::string_or(std::string_view other) const {
  return is_string() ? std::string_view(std::get<std::string>(value_)) : other;
}
const Json::Array& Json::items() const { return is_array() ? std::get<Array>(value_) : kNoItems; }
const Json::Object& Json::members() const { return is_object() ? std::get<Object>(value_) : kNoMembers; }

const Json* Json::find(std::string_view name) const {
  const Object& all = members();
  for (auto it = all.rbegin(); it != all.rend(); ++it)
    if (it->first == name) return &it->second;
  return nullptr;
}

const Json& Json::at_path(std::string_view path) const {
  const Json* here = this;
  while (!path.empty()) {
    size_t slash = path.find('/');
    std::string_view step = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (here->is_array()) {
      size_t index = 0;
      auto parsed = std::from_chars(step.data(), step.data() + step.size(), index);
      if (parsed.ec != std::errc() || index >= here->items().size()) return kNull;
      here = &here->items()[index];
    } else {
      here = here->find(step);
      if (here == nullptr) return kNull;
    }
  }
  return *here;
}

Json& Json::set(std::string_view name, Json value) {
  if (is_null()) value_ = Object{};
  RETORT_CHECK(is_object(), "set(\"{}\") on a JSON value that is no object", name);
  Object& object = std::get<Object>(value_);
  for (Member& member : object) {
    if (member.first != name) continue;
    member.second = std::move(value);
    return *this;
  }
  object.emplace_back(std::string(name), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  RETORT_CHECK(is_array(), "push on a JSON value that is no array");
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

std::string Json::dump(int indent) const {
  std::string out;
  dump_value(*this, {.indent = indent, .sorted = false}, 0, out);
  return out;
}

std::string Json::canonical() const {
  std::string out;
  dump_value(*this, {.indent = 0, .sorted = true}, 0, out);
  return out;
}

Result<Json> parse_json(std::string_view text, int depth_max) {
  Builder builder(depth_max);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  if (builder.too_deep)
    return Error{ErrorCode::Malformed, format("JSON is nested deeper than {} levels", depth_max)};
  return Error{ErrorCode::Malformed, format("not valid JSON at byte {}", builder.position_)};
}

Result<Json> read_json_file(const std::string& path) {
  std::string text = RETORT_TRY(read_file(path));
  Result<Json> json = parse_json(text);
  if (!json) return Error{json.error().code, format("{}: {}", path, json.error().message)};
  return json;
}

}  // namespace retort
