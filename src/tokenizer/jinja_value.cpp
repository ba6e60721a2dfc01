#include "tokenizer/jinja_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/format.h"
#include "base/utf8.h"
#include "tokenizer/unicode_class.h"

namespace retort::jinja {
namespace {

std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  if (std::fabs(value) < 1e16 && text.find('e') != std::string::npos && std::fabs(value) >= 1e-4)
    text.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string quoted(std::string_view text) {
  char quote = text.find('\'') != std::string::npos && text.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else
      out += c;
  }
  return out + quote;
}

void append_shown(const std::string& item, std::string& out) {
  if (out.size() + item.size() > Text::kBytesMax) throw Failure{"too much text is made of a list"};
  out += (out.empty() ? "" : ", ") + item;
}

void json_string(std::string_view text, std::string& out) {
  out += '"';
  for (char c : text) {
    unsigned char byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        out += byte < 0x20 ? format("\\u{:04x}", byte) : std::string(1, c);
    }
  }
  out += '"';
}

struct JsonStyle {
  int indent;
  bool sorted;
};

void new_line(const JsonStyle& style, int depth, std::string& out) {
  if (style.indent > 0) out += "\n" + std::string(static_cast<size_t>(style.indent * depth), ' ');
}

void json_value(const Value& value, const JsonStyle& style, int depth, std::string& out) {
  if (out.size() > Text::kBytesMax) throw Failure{"tojson made too much text"};
  std::string_view comma = style.indent > 0 ? "," : ", ";
  if (const List* list = value.list()) {
    out += "[";
    for (size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out += comma;
      new_line(style, depth + 1, out);
      json_value((*list)[i], style, depth + 1, out);
    }
    if (!list->empty()) new_line(style, depth, out);
    out += "]";
  } else if (const Dict* dict = value.dict()) {
    std::vector<Member> members = dict->members;
    if (style.sorted)
      std::stable_sort(members.begin(), members.end(),
                       [](const Member& a, const Member& b) { return a.first < b.first; });
    out += "{";
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += comma;
      new_line(style, depth + 1, out);
      json_string(members[i].first, out);
      out += ": ";
      json_value(members[i].second, style, depth + 1, out);
    }
    if (!members.empty()) new_line(style, depth, out);
    out += "}";
  } else if (const Text* text = value.text()) {
    json_string(text->bytes(), out);
  } else if (value.none()) {
    out += "null";
  } else if (const bool* truth = value.as<bool>()) {
    out += *truth ? "true" : "false";
  } else if (value.number()) {
    out += to_text(value).bytes();
  } else {
    throw Failure{format("tojson of {}", type_name(value))};
  }
}

// Counts down: a list may hold the same list twice, and that one another.
bool equal_within(const Value& a, const Value& b, int64_t& budget) {
  if (--budget < 0) throw Failure{"what is compared is too large"};
  auto same = [&](const Value& x, const Value& y) { return equal_within(x, y, budget); };
  if (a.number() && b.number()) return want_number(a, "") == want_number(b, "");
  if (a.text() && b.text()) return a.text()->bytes() == b.text()->bytes();
  if (a.list() && b.list())
    return std::equal(a.list()->begin(), a.list()->end(), b.list()->begin(), b.list()->end(), same);
  if (a.dict() && b.dict()) {
    if (a.dict()->members.size() != b.dict()->members.size()) return false;
    return std::all_of(a.dict()->members.begin(), a.dict()->members.end(), [&](const Member& member) {
      const Value* other = b.dict()->find(member.first);
      return other != nullptr && same(member.second, *other);
    });
  }
  return (a.none() && b.none()) || (a.undefined() && b.undefined());
}

}  // namespace

Text Text::part(size_t at, size_t count) const {
  Text result(std::string_view(bytes_).substr(at, count));
  if (!authors_.empty())
    result.authors_.assign(authors_.begin() + static_cast<long>(at),
                           authors_.begin() + static_cast<long>(at + result.size()));
  return result;
}

void Text::append(const Text& other) {
  if (size() + other.size() > kBytesMax) throw Failure{format("the text grows beyond {} bytes", kBytesMax)};
  if (!authors_.empty() || !other.authors_.empty()) {
    authors_.resize(size(), 0);
    if (other.authors_.empty())
      authors_.resize(size() + other.size(), 0);
    else
      authors_.insert(authors_.end(), other.authors_.begin(), other.authors_.end());
  }
  bytes_ += other.bytes_;
}

const Value* Dict::find(std::string_view name) const {
  for (const Member& member : members)
    if (member.first == name) return &member.second;
  return nullptr;
}

void Dict::set(std::string_view name, Value value) {
  for (Member& member : members)
    if (member.first == name) {
      member.second = std::move(value);
      return;
    }
  members.emplace_back(name, std::move(value));
}

int depth_of(const Value& value) {
  return value.list() ? value.list()->depth : value.dict() ? value.dict()->depth : 0;
}

Value::Value(List value) {
  for (const Value& item : value) value.depth = std::max(value.depth, depth_of(item) + 1);
  if (value.depth > kDepthMax) throw Failure{"lists nest too deeply"};
  is = std::make_shared<List>(std::move(value));
}

Value::Value(Dict value) {
  for (const Member& member : value.members) value.depth = std::max(value.depth, depth_of(member.second) + 1);
  if (value.depth > kDepthMax) throw Failure{"mappings nest too deeply"};
  is = std::make_shared<Dict>(std::move(value));
}

Value Arguments::get(size_t place, std::string_view name) const {
  if (place < positional.size()) return positional[place];
  for (const Member& member : named)
    if (member.first == name) return member.second;
  return Undefined{std::string(name)};
}

Value from_json(const Json& json, Author author) {
  if (json.is_null()) return None{};
  if (json.is_bool()) return json.bool_or(false);
  if (json.is_integer()) return json.integer_or(0);
  if (json.is_number()) return json.number_or(0);
  if (json.is_string()) return Text(json.string_or(""), author);
  if (json.is_array()) {
    List list;
    for (const Json& item : json.items()) list.push_back(from_json(item, author));
    return list;
  }
  Dict dict;
  for (const auto& [name, value] : json.members()) dict.set(name, from_json(value, author));
  return dict;
}

bool truth(const Value& value) {
  if (const bool* is = value.as<bool>()) return *is;
  if (const int64_t* is = value.as<int64_t>()) return *is != 0;
  if (const double* is = value.as<double>()) return *is != 0;
  if (const Text* is = value.text()) return !is->empty();
  if (const List* is = value.list()) return !is->empty();
  if (const Dict* is = value.dict()) return is->is_namespace || !is->members.empty();
  return value.function() != nullptr;
}

bool equal(const Value& a, const Value& b) {
  int64_t budget = 1'000'000;
  return equal_within(a, b, budget);
}

int compare(const Value& a, const Value& b) {
  if (a.number() && b.number()) {
    double x = want_number(a, ""), y = want_number(b, "");
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a.text() && b.text()) {
    int order = a.text()->bytes().compare(b.text()->bytes());
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  throw Failure{format("{} and {} have no order", type_name(a), type_name(b))};
}

bool contains(const Value& container, const Value& item) {
  if (const Text* text = container.text())
    return text->bytes().find(want_text(item, "in").bytes()) != std::string::npos;
  if (const Dict* dict = container.dict()) return item.text() && dict->find(item.text()->bytes()) != nullptr;
  if (!container.list() && !container.undefined())
    throw Failure{format("{} holds nothing to look in", type_name(container))};
  List all = elements(container);
  return std::any_of(all.begin(), all.end(), [&](const Value& one) { return equal(one, item); });
}

Text to_text(const Value& value) {
  if (const Text* text = value.text()) return *text;
  if (value.undefined()) return {};
  return Text(to_repr(value));
}

std::string to_repr(const Value& value) {
  if (const Text* text = value.text()) return quoted(text->bytes());
  if (value.none()) return "None";
  if (const bool* is = value.as<bool>()) return *is ? "True" : "False";
  if (const int64_t* is = value.as<int64_t>()) return format("{}", *is);
  if (const double* is = value.as<double>()) return float_text(*is);
  std::string out;
  if (const List* list = value.list()) {
    for (const Value& item : *list) append_shown(to_repr(item), out);
    return "[" + out + "]";
  }
  if (const Dict* dict = value.dict()) {
    for (const auto& [name, member] : dict->members) append_shown(quoted(name) + ": " + to_repr(member), out);
    return "{" + out + "}";
  }
  return value.undefined() ? "Undefined" : "<function>";
}

std::string to_json_text(const Value& value, int indent, bool sorted) {
  std::string out;
  json_value(value, {indent, sorted}, 0, out);
  return out;
}

std::vector<size_t> character_offsets(std::string_view text) {
  std::vector<size_t> offsets;
  for (size_t at = 0; at < text.size(); at += character_at(text, at).bytes) offsets.push_back(at);
  offsets.push_back(text.size());
  return offsets;
}

List elements(const Value& value) {
  if (const List* list = value.list()) return *list;
  List found;
  if (const Dict* dict = value.dict()) {
    for (const Member& member : dict->members) found.push_back(std::string_view(member.first));
  } else if (const Text* text = value.text()) {
    std::vector<size_t> offsets = character_offsets(text->bytes());
    for (size_t i = 0; i + 1 < offsets.size(); ++i)
      found.push_back(text->part(offsets[i], offsets[i + 1] - offsets[i]));
  } else if (!value.undefined()) {
    throw Failure{format("{} cannot be walked over", type_name(value))};
  }
  return found;
}

std::string_view type_name(const Value& value) {
  constexpr std::string_view kNames[] = {"an undefined value", "none",   "a boolean", "an integer",
                                         "a number",           "a text", "a list",    "a mapping",
                                         "a function"};
  return kNames[value.is.index()];
}

const Text& want_text(const Value& value, std::string_view what) {
  if (const Undefined* undefined = value.as<Undefined>())
    throw Failure{format("'{}' is undefined ({} wants a text)", undefined->name, what)};
  if (!value.text()) throw Failure{format("{} wants a text, not {}", what, type_name(value))};
  return *value.text();
}

int64_t want_integer(const Value& value, std::string_view what) {
  if (const int64_t* is = value.as<int64_t>()) return *is;
  if (const bool* is = value.as<bool>()) return *is;
  throw Failure{format("{} wants an integer, not {}", what, type_name(value))};
}

double want_number(const Value& value, std::string_view what) {
  if (const double* is = value.as<double>()) return *is;
  if (const int64_t* is = value.as<int64_t>()) return static_cast<double>(*is);
  if (const bool* is = value.as<bool>()) return *is ? 1 : 0;
  throw Failure{format("{} wants a number, not {}", what, type_name(value))};
}

}  // namespace retort::jinja
