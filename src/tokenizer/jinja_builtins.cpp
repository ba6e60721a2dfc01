// Filters, tests and methods of chat templates, with Python's meaning.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/utf8.h"
#include "base/words.h"
#include "tokenizer/jinja.h"
#include "tokenizer/unicode_class.h"
#include "tokenizer/unicode_form.h"

namespace retort::jinja {
namespace {

[[noreturn]] void unknown(std::string_view kind, std::string_view name) {
  throw Failure{format("the {} '{}' is not known here", kind, terminal_safe(name, 30))};
}

// --- texts

enum class Side { Both, Left, Right };
Text stripped(const Text& text, const Value& characters, Side side) {
  std::string_view kept = text.bytes();
  auto gone = [&](std::string_view one) {
    return characters.text() ? characters.text()->bytes().find(one) != std::string::npos : trim(one).empty();
  };
  std::vector<size_t> offsets = character_offsets(kept);
  size_t first = 0, last = offsets.size() - 1;
  auto character = [&](size_t i) { return kept.substr(offsets[i], offsets[i + 1] - offsets[i]); };
  while (side != Side::Right && first < last && gone(character(first))) ++first;
  while (side != Side::Left && first < last && gone(character(last - 1))) --last;
  return text.part(offsets[first], offsets[last] - offsets[first]);
}

List split(const Text& text, const Value& separator, int64_t count_max) {
  List parts;
  const std::string& bytes = text.bytes();
  if (!separator.text()) {  // runs of white space
    size_t at = 0;
    while (true) {
      while (at < bytes.size() && character_at(bytes, at).kind == CharacterClass::Space)
        at += character_at(bytes, at).bytes;
      if (at >= bytes.size()) return parts;
      if (count_max >= 0 && static_cast<int64_t>(parts.size()) >= count_max) {
        parts.push_back(text.part(at));
        return parts;
      }
      size_t from = at;
      while (at < bytes.size() && character_at(bytes, at).kind != CharacterClass::Space)
        at += character_at(bytes, at).bytes;
      parts.push_back(text.part(from, at - from));
    }
  }
  const std::string& sought = separator.text()->bytes();
  if (sought.empty()) throw Failure{"split() by an empty text"};
  size_t from = 0;
  while (count_max < 0 || static_cast<int64_t>(parts.size()) < count_max) {
    size_t at = bytes.find(sought, from);
    if (at == std::string::npos) break;
    parts.push_back(text.part(from, at - from));
    from = at + sought.size();
  }
  parts.push_back(text.part(from));
  return parts;
}

List split_from_right(const Text& text, const std::string& sought, int64_t count_max) {
  if (sought.empty()) throw Failure{"rsplit() by an empty text"};
  List parts;
  size_t end = text.size();
  while (count_max < 0 || static_cast<int64_t>(parts.size()) < count_max) {
    if (end < sought.size()) break;
    size_t at = text.bytes().rfind(sought, end - sought.size());
    if (at == std::string::npos) break;
    parts.insert(parts.begin(), text.part(at + sought.size(), end - at - sought.size()));
    end = at;
  }
  parts.insert(parts.begin(), text.part(0, end));
  return parts;
}

Text replaced(const Text& text, const Text& from, const Text& to, int64_t count_max) {
  Text out;
  size_t at = 0;
  for (int64_t count = 0; !from.empty() && (count_max < 0 || count < count_max); ++count) {
    size_t found = text.bytes().find(from.bytes(), at);
    if (found == std::string::npos) break;
    out.append(text.part(at, found - at));
    out.append(to);
    at = found + from.size();
  }
  out.append(text.part(at));
  return out;
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Character by character; letters beyond ASCII keep their case where Unicode would give another length.
enum class Case { Upper, Lower, Title, Capitalize };
Text recased(const Text& text, Case wanted) {
  Text out;
  bool inside = false;  // a word (Title), or the text (Capitalize)
  std::vector<size_t> offsets = character_offsets(text.bytes());
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    Text one = text.part(offsets[i], offsets[i + 1] - offsets[i]);
    bool raise = wanted == Case::Upper || (!inside && wanted != Case::Lower);
    std::string changed = one.size() > 1
                              ? (raise ? one.bytes() : to_lower(one.bytes()))
                              : std::string(1, raise ? upper(one.bytes()[0]) : lower(one.bytes()[0]));
    out.append(Text(changed, one.author(0)));
    inside = wanted != Case::Title || is_letter(character_at(one.bytes(), 0).kind);
  }
  return out;
}

Text joined(const List& items, const Text& between) {
  Text out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.append(between);
    out.append(to_text(items[i]));
  }
  return out;
}

int64_t length_of(const Value& value) {
  if (value.list()) return static_cast<int64_t>(value.list()->size());
  if (value.dict()) return static_cast<int64_t>(value.dict()->members.size());
  if (value.text()) return static_cast<int64_t>(character_offsets(value.text()->bytes()).size() - 1);
  if (value.undefined()) return 0;
  throw Failure{format("{} has no length", type_name(value))};
}

List items_of(const Dict& dict) {
  List list;
  for (const auto& [name, value] : dict.members) list.push_back(List{std::string_view(name), value});
  return list;
}

// "a.b" of each element, as `map(attribute=...)` and its kin ask for it.
Value attribute(Value value, std::string_view path) {
  while (!path.empty()) {
    size_t dot = path.find('.');
    const Dict* dict = value.dict();
    const Value* found = dict != nullptr ? dict->find(path.substr(0, dot)) : nullptr;
    if (found == nullptr) return Undefined{std::string(path)};
    Value next = *found;
    value = std::move(next);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return value;
}

Arguments without(const Arguments& arguments, size_t count) {
  Arguments rest = arguments;
  rest.positional.erase(rest.positional.begin(),
                        rest.positional.begin() + static_cast<long>(std::min(count, rest.positional.size())));
  return rest;
}

// --- filters

Value mapped(const Value& value, const Arguments& a) {
  List out;
  Value path = a.get(SIZE_MAX, "attribute"), fallback = a.get(SIZE_MAX, "default");
  for (const Value& item : elements(value)) {
    if (!path.undefined()) {
      Value found = attribute(item, want_text(path, "map").bytes());
      out.push_back(found.undefined() && !fallback.undefined() ? fallback : found);
    } else {
      out.push_back(apply_filter(want_text(a.get(0, "filter"), "map").bytes(), item, without(a, 1)));
    }
  }
  return out;
}

// select, reject: a test of the element; selectattr, rejectattr: of its attribute. Without a test: its truth.
Value selected(std::string_view name, const Value& value, const Arguments& a) {
  bool by_attribute = name.ends_with("attr"), wanted = name.starts_with("select");
  size_t test = by_attribute ? 1 : 0;
  List out;
  for (const Value& item : elements(value)) {
    Value subject = by_attribute ? attribute(item, want_text(a.get(0, "attribute"), name).bytes()) : item;
    Value chosen = a.get(test, "test");
    bool holds = chosen.undefined()
                     ? truth(subject)
                     : apply_test(want_text(chosen, name).bytes(), subject, without(a, test + 1));
    if (holds == wanted) out.push_back(item);
  }
  return out;
}

Value sorted(const Value& value, const Arguments& a) {
  List items = elements(value);
  Value path = a.get(2, "attribute");
  bool backwards = truth(a.get(0, "reverse")), exact = truth(a.get(1, "case_sensitive"));
  auto key = [&](const Value& item) {
    Value found = path.text() ? attribute(item, path.text()->bytes()) : item;
    return found.text() && !exact ? Value(Text(to_lower(found.text()->bytes()))) : found;
  };
  std::stable_sort(items.begin(), items.end(), [&](const Value& x, const Value& y) {
    return backwards ? compare(key(y), key(x)) < 0 : compare(key(x), key(y)) < 0;
  });
  return items;
}

Value dict_sorted(const Value& value, const Arguments& a) {
  if (!value.dict()) throw Failure{"dictsort of what is no mapping"};
  List items = items_of(*value.dict());
  bool exact = truth(a.get(0, "case_sensitive"));
  size_t by = to_text(a.get(1, "by")).bytes() == "value" ? 1 : 0;
  auto key = [&](const Value& item) {
    const Value& found = (*item.list())[by];
    return found.text() && !exact ? Value(Text(to_lower(found.text()->bytes()))) : found;
  };
  std::stable_sort(items.begin(), items.end(),
                   [&](const Value& x, const Value& y) { return compare(key(x), key(y)) < 0; });
  return items;
}

Value unique(const Value& value) {
  List out;
  for (const Value& item : elements(value))
    if (std::none_of(out.begin(), out.end(), [&](const Value& one) { return equal(one, item); }))
      out.push_back(item);
  return out;
}

Value indented(const Value& value, const Arguments& a) {
  Value width = a.get(0, "width");
  Text by = width.text()
                ? *width.text()
                : Text(std::string(static_cast<size_t>(std::clamp<int64_t>(
                                       width.undefined() ? 4 : want_integer(width, "indent"), 0, 1'000)),
                                   ' '));
  Text out;
  List lines = split(want_text(value, "indent"), "\n", -1);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append("\n");
    bool indents = i > 0 ? !lines[i].text()->empty() || truth(a.get(2, "blank")) : truth(a.get(1, "first"));
    if (indents) out.append(by);
    out.append(*lines[i].text());
  }
  return out;
}

Value rounded(const Value& value, const Arguments& a) {
  double factor = std::pow(10.0, static_cast<double>(a.get(0, "precision").undefined()
                                                         ? 0
                                                         : want_integer(a.get(0, "precision"), "round")));
  return std::nearbyint(want_number(value, "round") * factor) / factor;
}

Value to_integer(const Value& value, const Arguments& a) {
  Value fallback = a.get(0, "default");
  if (value.number()) return static_cast<int64_t>(std::clamp(want_number(value, "int"), -9e18, 9e18));
  std::string text(trim(to_text(value).bytes()));
  char* end = nullptr;
  double number = std::strtod(text.c_str(), &end);
  if (!text.empty() && *end == '\0' && std::isfinite(number))
    return static_cast<int64_t>(std::clamp(number, -9e18, 9e18));
  return fallback.undefined() ? Value(0) : fallback;
}
Value to_float(const Value& value) {
  return value.number() ? want_number(value, "float") : std::strtod(to_text(value).bytes().c_str(), nullptr);
}

Value extreme(const Value& value, int sign) {
  List items = elements(value);
  if (items.empty()) return Undefined{"element"};
  return *std::min_element(items.begin(), items.end(),
                           [&](const Value& a, const Value& b) { return compare(a, b) * sign < 0; });
}

Value total(const Value& value) {
  double sum = 0;
  bool whole = true;
  for (const Value& item : elements(value)) {
    sum += want_number(item, "sum");
    whole = whole && item.as<double>() == nullptr;
  }
  return whole ? Value(static_cast<int64_t>(sum)) : Value(sum);
}

Value escaped(const Value& value) {
  Text out = to_text(value);
  constexpr std::pair<const char*, const char*> kEntities[] = {
      {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"'", "&#39;"}, {"\"", "&#34;"}};
  for (auto [from, to] : kEntities) out = replaced(out, Text(from), Text(to), -1);
  return out;
}

Value json_text(const Value& value, const Arguments& a) {
  Value indent = a.get(SIZE_MAX, "indent");
  int width = indent.none() || indent.undefined()
                  ? 0
                  : static_cast<int>(std::clamp<int64_t>(want_integer(indent, "tojson"), 0, 100));
  return Text(to_json_text(value, width, truth(a.get(SIZE_MAX, "sort_keys"))));
}

Value reversed(const Value& value) {
  List items = elements(value);
  std::reverse(items.begin(), items.end());
  return value.text() ? Value(joined(items, Text())) : Value(items);
}

// --- methods

using Method = Value (*)(const Text&, const Arguments&);
struct NamedMethod {
  std::string_view name;
  Method call;
};

int64_t count_of(const Arguments& a, size_t place, std::string_view name) {
  Value given = a.get(place, name);
  return given.undefined() ? -1 : want_integer(given, name);
}

// One text or a list of them.
template <class Test>
bool any_of(const Value& value, Test test) {
  if (!value.list()) return test(want_text(value, "startswith or endswith").bytes());
  return std::any_of(value.list()->begin(), value.list()->end(), [&](const Value& one) {
    return test(want_text(one, "startswith or endswith").bytes());
  });
}

template <class Test>
bool all_characters(const Text& text, Test test) {
  for (size_t at = 0; at < text.size(); at += character_at(text.bytes(), at).bytes)
    if (!test(character_at(text.bytes(), at))) return false;
  return !text.empty();
}

Value position(const Text& t, const Arguments& a, bool last) {
  const std::string& sought = want_text(a.get(0, "sub"), "find").bytes();
  size_t at = last ? t.bytes().rfind(sought) : t.bytes().find(sought);
  if (at == std::string::npos) return -1;
  return static_cast<int64_t>(character_offsets(std::string_view(t.bytes()).substr(0, at)).size()) - 1;
}

int64_t occurrences(const Text& text, const std::string& sought) {
  int64_t count = 0;
  for (size_t at = 0; !sought.empty() && (at = text.bytes().find(sought, at)) != std::string::npos;
       at += sought.size())
    ++count;
  return count;
}

constexpr NamedMethod kTextMethods[] = {
    {"strip",
     [](const Text& t, const Arguments& a) -> Value { return stripped(t, a.get(0, "chars"), Side::Both); }},
    {"lstrip",
     [](const Text& t, const Arguments& a) -> Value { return stripped(t, a.get(0, "chars"), Side::Left); }},
    {"rstrip",
     [](const Text& t, const Arguments& a) -> Value { return stripped(t, a.get(0, "chars"), Side::Right); }},
    {"split",
     [](const Text& t, const Arguments& a) -> Value {
       return split(t, a.get(0, "sep"), count_of(a, 1, "maxsplit"));
     }},
    {"rsplit",
     [](const Text& t, const Arguments& a) -> Value {
       return split_from_right(t, want_text(a.get(0, "sep"), "rsplit").bytes(), count_of(a, 1, "maxsplit"));
     }},
    {"splitlines",
     [](const Text& t, const Arguments&) -> Value {
       List lines = split(t, "\n", -1);
       if (lines.back().text()->empty()) lines.pop_back();
       return lines;
     }},
    {"startswith",
     [](const Text& t, const Arguments& a) -> Value {
       return any_of(a.get(0, "prefix"), [&](const std::string& one) { return t.bytes().starts_with(one); });
     }},
    {"endswith",
     [](const Text& t, const Arguments& a) -> Value {
       return any_of(a.get(0, "suffix"), [&](const std::string& one) { return t.bytes().ends_with(one); });
     }},
    {"removeprefix",
     [](const Text& t, const Arguments& a) -> Value {
       const std::string& gone = want_text(a.get(0, "prefix"), "removeprefix").bytes();
       return t.bytes().starts_with(gone) ? t.part(gone.size()) : t;
     }},
    {"removesuffix",
     [](const Text& t, const Arguments& a) -> Value {
       const std::string& gone = want_text(a.get(0, "suffix"), "removesuffix").bytes();
       return t.bytes().ends_with(gone) ? t.part(0, t.size() - gone.size()) : t;
     }},
    {"upper", [](const Text& t, const Arguments&) -> Value { return recased(t, Case::Upper); }},
    {"lower", [](const Text& t, const Arguments&) -> Value { return recased(t, Case::Lower); }},
    {"title", [](const Text& t, const Arguments&) -> Value { return recased(t, Case::Title); }},
    {"capitalize", [](const Text& t, const Arguments&) -> Value { return recased(t, Case::Capitalize); }},
    {"replace",
     [](const Text& t, const Arguments& a) -> Value {
       return replaced(t, want_text(a.get(0, "old"), "replace"), want_text(a.get(1, "new"), "replace"),
                       count_of(a, 2, "count"));
     }},
    {"join",
     [](const Text& t, const Arguments& a) -> Value { return joined(elements(a.get(0, "iterable")), t); }},
    {"find", [](const Text& t, const Arguments& a) -> Value { return position(t, a, false); }},
    {"rfind", [](const Text& t, const Arguments& a) -> Value { return position(t, a, true); }},
    {"count",
     [](const Text& t, const Arguments& a) -> Value {
       return occurrences(t, want_text(a.get(0, "sub"), "count").bytes());
     }},
    {"isdigit",
     [](const Text& t, const Arguments&) -> Value {
       return all_characters(t, [](const Character& c) { return c.kind == CharacterClass::Number; });
     }},
    {"isspace",
     [](const Text& t, const Arguments&) -> Value {
       return all_characters(t, [](const Character& c) { return c.kind == CharacterClass::Space; });
     }},
    {"isalpha",
     [](const Text& t, const Arguments&) -> Value {
       return all_characters(t, [](const Character& c) { return is_letter(c.kind); });
     }},
};

Value dict_method(const std::shared_ptr<Dict>& dict, std::string_view name) {
  if (name == "items") return Function([dict](const Arguments&) -> Value { return items_of(*dict); });
  if (name == "keys") return Function([dict](const Arguments&) -> Value { return elements(Value(*dict)); });
  if (name == "values")
    return Function([dict](const Arguments&) -> Value {
      List list;
      for (const Member& member : dict->members) list.push_back(member.second);
      return list;
    });
  if (name == "get")
    return Function([dict](const Arguments& a) -> Value {
      const Value* found = dict->find(to_text(a.get(0, "key")).bytes());
      if (found != nullptr) return *found;
      return a.get(1, "default").undefined() ? Value(None{}) : a.get(1, "default");
    });
  return Undefined{std::string(name)};
}

}  // namespace

Value find_method(const Value& value, std::string_view name) {
  if (const Text* text = value.text()) {
    for (const NamedMethod& method : kTextMethods)
      if (method.name == name)
        return Function([text = *text, call = method.call](const Arguments& a) { return call(text, a); });
  }
  if (auto* dict = std::get_if<std::shared_ptr<Dict>>(&value.is)) return dict_method(*dict, name);
  return Undefined{std::string(name)};
}

Value apply_filter(std::string_view name, const Value& value, const Arguments& a) {
  using Filter = Value (*)(const Value&, const Arguments&);
  static constexpr std::pair<std::string_view, Filter> kFilters[] = {
      {"trim",
       [](const Value& v, const Arguments& a) -> Value {
         return stripped(to_text(v), a.get(0, "chars"), Side::Both);
       }},
      {"length", [](const Value& v, const Arguments&) -> Value { return length_of(v); }},
      {"count", [](const Value& v, const Arguments&) -> Value { return length_of(v); }},
      {"tojson", json_text},
      {"upper", [](const Value& v, const Arguments&) -> Value { return recased(to_text(v), Case::Upper); }},
      {"lower", [](const Value& v, const Arguments&) -> Value { return recased(to_text(v), Case::Lower); }},
      {"title", [](const Value& v, const Arguments&) -> Value { return recased(to_text(v), Case::Title); }},
      {"capitalize",
       [](const Value& v, const Arguments&) -> Value { return recased(to_text(v), Case::Capitalize); }},
      {"replace",
       [](const Value& v, const Arguments& a) -> Value {
         return replaced(to_text(v), to_text(a.get(0, "old")), to_text(a.get(1, "new")),
                         count_of(a, 2, "count"));
       }},
      {"join",
       [](const Value& v, const Arguments& a) -> Value {
         Value path = a.get(1, "attribute");
         List items = elements(v);
         if (path.text())
           for (Value& item : items) item = attribute(item, path.text()->bytes());
         return joined(items, to_text(a.get(0, "d")));
       }},
      {"first",
       [](const Value& v, const Arguments&) -> Value {
         List items = elements(v);
         return items.empty() ? Value(Undefined{"first element"}) : items.front();
       }},
      {"last",
       [](const Value& v, const Arguments&) -> Value {
         List items = elements(v);
         return items.empty() ? Value(Undefined{"last element"}) : items.back();
       }},
      {"default",
       [](const Value& v, const Arguments& a) -> Value {
         bool missing = v.undefined() || (truth(a.get(1, "boolean")) && !truth(v));
         if (!missing) return v;
         return a.get(0, "default_value").undefined() ? Value("") : a.get(0, "default_value");
       }},
      {"list", [](const Value& v, const Arguments&) -> Value { return elements(v); }},
      {"string", [](const Value& v, const Arguments&) -> Value { return to_text(v); }},
      {"int", to_integer},
      {"float", [](const Value& v, const Arguments&) -> Value { return to_float(v); }},
      {"items",
       [](const Value& v, const Arguments&) -> Value {
         if (v.undefined()) return List();
         if (!v.dict()) throw Failure{"items of what is no mapping"};
         return items_of(*v.dict());
       }},
      {"dictsort", dict_sorted},
      {"map", mapped},
      {"sort", sorted},
      {"unique", [](const Value& v, const Arguments&) -> Value { return unique(v); }},
      {"reverse", [](const Value& v, const Arguments&) -> Value { return reversed(v); }},
      {"safe", [](const Value& v, const Arguments&) -> Value { return v; }},
      {"escape", [](const Value& v, const Arguments&) -> Value { return escaped(v); }},
      {"indent", indented},
      {"round", rounded},
      {"abs",
       [](const Value& v, const Arguments&) -> Value {
         if (const int64_t* whole = v.as<int64_t>())
           return *whole < 0 && *whole != INT64_MIN ? -*whole : *whole;
         return std::fabs(want_number(v, "abs"));
       }},
      {"min", [](const Value& v, const Arguments&) -> Value { return extreme(v, 1); }},
      {"max", [](const Value& v, const Arguments&) -> Value { return extreme(v, -1); }},
      {"sum", [](const Value& v, const Arguments&) -> Value { return total(v); }},
  };
  if (name == "d") name = "default";
  if (name == "e") name = "escape";
  if (name == "select" || name == "reject" || name == "selectattr" || name == "rejectattr")
    return selected(name, value, a);
  for (const auto& [known, filter] : kFilters)
    if (known == name) return filter(value, a);
  unknown("filter", name);
}

bool apply_test(std::string_view name, const Value& value, const Arguments& a) {
  using Test = bool (*)(const Value&, const Value&);
  static constexpr std::pair<std::string_view, Test> kTests[] = {
      {"defined", [](const Value& v, const Value&) { return !v.undefined(); }},
      {"undefined", [](const Value& v, const Value&) { return v.undefined(); }},
      {"none", [](const Value& v, const Value&) { return v.none(); }},
      {"string", [](const Value& v, const Value&) { return v.text() != nullptr; }},
      {"number", [](const Value& v, const Value&) { return v.number(); }},
      {"integer", [](const Value& v, const Value&) { return v.as<int64_t>() != nullptr; }},
      {"float", [](const Value& v, const Value&) { return v.as<double>() != nullptr; }},
      {"boolean", [](const Value& v, const Value&) { return v.as<bool>() != nullptr; }},
      {"true", [](const Value& v, const Value&) { return v.as<bool>() != nullptr && *v.as<bool>(); }},
      {"false", [](const Value& v, const Value&) { return v.as<bool>() != nullptr && !*v.as<bool>(); }},
      {"mapping", [](const Value& v, const Value&) { return v.dict() != nullptr; }},
      {"iterable",
       [](const Value& v, const Value&) { return v.list() || v.dict() || v.text() || v.undefined(); }},
      {"sequence",
       [](const Value& v, const Value&) { return v.list() || v.dict() || v.text() || v.undefined(); }},
      {"callable", [](const Value& v, const Value&) { return v.function() != nullptr; }},
      {"odd", [](const Value& v, const Value&) { return want_integer(v, "odd") % 2 != 0; }},
      {"even", [](const Value& v, const Value&) { return want_integer(v, "even") % 2 == 0; }},
      {"divisibleby",
       [](const Value& v, const Value& by) {
         int64_t divisor = want_integer(by, "divisibleby");
         if (divisor == 0) throw Failure{"division by zero"};
         return divisor == -1 || want_integer(v, "divisibleby") % divisor == 0;
       }},
      {"equalto", [](const Value& v, const Value& to) { return equal(v, to); }},
      {"ne", [](const Value& v, const Value& to) { return !equal(v, to); }},
      {"lessthan", [](const Value& v, const Value& to) { return compare(v, to) < 0; }},
      {"le", [](const Value& v, const Value& to) { return compare(v, to) <= 0; }},
      {"greaterthan", [](const Value& v, const Value& to) { return compare(v, to) > 0; }},
      {"ge", [](const Value& v, const Value& to) { return compare(v, to) >= 0; }},
      {"in", [](const Value& v, const Value& where) { return contains(where, v); }},
      {"sameas",
       [](const Value& v, const Value& to) { return v.is.index() == to.is.index() && equal(v, to); }},
      {"lower",
       [](const Value& v, const Value&) {
         return v.text() && recased(*v.text(), Case::Lower).bytes() == v.text()->bytes();
       }},
      {"upper",
       [](const Value& v, const Value&) {
         return v.text() && recased(*v.text(), Case::Upper).bytes() == v.text()->bytes();
       }},
  };
  if (name == "eq") name = "equalto";
  if (name == "lt") name = "lessthan";
  if (name == "gt") name = "greaterthan";
  for (const auto& [known, test] : kTests)
    if (known == name) return test(value, a.get(0, "other"));
  unknown("test", name);
}

}  // namespace retort::jinja
