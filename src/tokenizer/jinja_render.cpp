#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/format.h"
#include "base/utf8.h"
#include "tokenizer/jinja.h"
#include "tokenizer/jinja_parser.h"

namespace retort::jinja {
namespace {

using Kind = Node::Kind;
enum class Flow { On, Break, Continue };

// Names as seen from one place: a loop's or a macro's own, then those around it.
struct Scope {
  Scope* outer = nullptr;
  std::vector<Member> names;
  const Value* find(std::string_view name) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->outer)
      for (const Member& member : scope->names)
        if (member.first == name) return &member.second;
    return nullptr;
  }
  void set(std::string_view name, Value value) {
    for (Member& member : names)
      if (member.first == name) {
        member.second = std::move(value);
        return;
      }
    names.emplace_back(name, std::move(value));
  }
};

int64_t floor_division(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

class Interpreter {
 public:
  Interpreter(const std::vector<Member>& variables, const std::tm& now) {
    globals_.names = variables;
    add_functions(now);
    root_.outer = &globals_;
    scope_ = &root_;
  }
  Rendered run(const Nodes& nodes) {
    execute(nodes);
    return {std::move(out_), std::move(generated_)};
  }

 private:
  void add_functions(const std::tm& now) {
    auto add = [&](const char* name, Function function) { globals_.set(name, std::move(function)); };
    add("raise_exception",
        [](const Arguments& a) -> Value { throw Failure{to_text(a.get(0, "message")).bytes()}; });
    add("namespace", [](const Arguments& a) { return make_dict(a, true); });
    add("dict", [](const Arguments& a) { return make_dict(a, false); });
    add("range", [](const Arguments& a) { return make_range(a); });
    add("strftime_now", [now](const Arguments& a) -> Value {
      char text[256];
      std::string wanted = want_text(a.get(0, "format"), "strftime_now").bytes();
      size_t size = wanted.empty() ? 0 : std::strftime(text, sizeof text, wanted.c_str(), &now);
      return std::string_view(text, size);
    });
  }
  static Value make_dict(const Arguments& a, bool is_namespace) {
    Dict dict;
    if (!a.positional.empty() && a.positional[0].dict()) dict = *a.positional[0].dict();
    for (const Member& member : a.named) dict.set(member.first, member.second);
    dict.is_namespace = is_namespace;
    return dict;
  }
  static Value make_range(const Arguments& a) {
    int64_t from = 0, to = want_integer(a.get(0, "stop"), "range"), step = 1;
    if (a.positional.size() > 1) {
      from = to;
      to = want_integer(a.positional[1], "range");
    }
    if (a.positional.size() > 2) step = want_integer(a.positional[2], "range");
    if (step == 0) throw Failure{"range() with a step of 0"};
    List list;
    for (int64_t i = from; step > 0 ? i < to : i > to; i += step) {
      if (static_cast<int64_t>(list.size()) >= Limits::kRange)
        throw Failure{format("range() of more than {} numbers", Limits::kRange)};
      list.push_back(i);
    }
    return list;
  }

  void step(const Node& node) {
    line_ = node.line;
    charge(1);
  }
  // Work beyond looking at a node: elements walked over, text copied.
  void charge(size_t steps) {
    steps_ += static_cast<int64_t>(steps);
    if (steps_ > Limits::kSteps) throw Failure{format("it takes more than {} steps", Limits::kSteps)};
  }

  // --- statements
  Flow execute(const Nodes& nodes) {
    for (const NodePtr& node : nodes)
      if (Flow flow = execute(*node); flow != Flow::On) return flow;
    return Flow::On;
  }
  Flow execute(const Node& node) {
    step(node);
    switch (node.kind) {
      case Kind::Data:
        out_.append(*node.literal.text());
        return Flow::On;
      case Kind::Output:
        out_.append(to_text(evaluate(node.parts[0])));
        return Flow::On;
      case Kind::If:
        return execute(truth(evaluate(node.parts[0])) ? node.body : node.other);
      case Kind::For:
        return loop(node);
      case Kind::Set:
        assign(node.names, evaluate(node.parts[0]));
        return Flow::On;
      case Kind::SetMember:
        set_member(node);
        return Flow::On;
      case Kind::SetBlock: {
        Value value = capture(node.body);
        if (!node.parts.empty()) value = filter(*node.parts[0], &value);
        scope_->set(node.names[0], std::move(value));
        return Flow::On;
      }
      case Kind::FilterBlock: {
        Value value = capture(node.body);
        out_.append(to_text(filter(*node.parts[0], &value)));
        return Flow::On;
      }
      case Kind::Macro:
        scope_->set(node.name, macro(node));
        return Flow::On;
      case Kind::Generation: {
        size_t begin = out_.size();
        Flow flow = execute(node.body);
        generated_.push_back({begin, out_.size()});
        return flow;
      }
      case Kind::Break:
        return Flow::Break;
      case Kind::Continue:
        return Flow::Continue;
      default:
        throw Failure{"an expression stands where a statement should"};
    }
  }

  void assign(const std::vector<std::string>& names, Value value) {
    if (names.size() == 1) return scope_->set(names[0], std::move(value));
    List parts = elements(value);
    if (parts.size() != names.size())
      throw Failure{format("{} values for {} names", parts.size(), names.size())};
    for (size_t i = 0; i < names.size(); ++i) scope_->set(names[i], parts[i]);
  }
  void set_member(const Node& node) {
    const Value* target = scope_->find(node.name);
    auto* dict = target != nullptr ? std::get_if<std::shared_ptr<Dict>>(&target->is) : nullptr;
    if (dict == nullptr || !(*dict)->is_namespace) throw Failure{format("'{}' is no namespace", node.name)};
    std::shared_ptr<Dict> kept = *dict;
    Value value = evaluate(node.parts[0]);
    int64_t budget = 100'000;
    if (holds(value, kept.get(), budget)) throw Failure{"a namespace cannot hold itself"};
    kept->depth = std::max(kept->depth, depth_of(value) + 1);
    kept->set(node.names[0], std::move(value));
  }
  // A value within itself would never be freed, and never be printed to its end.
  static bool holds(const Value& value, const Dict* sought, int64_t& budget) {
    if (--budget < 0 || value.dict() == sought) return true;
    auto inside = [&](const Value& one) { return holds(one, sought, budget); };
    if (const Dict* dict = value.dict())
      return std::any_of(dict->members.begin(), dict->members.end(),
                         [&](const Member& member) { return inside(member.second); });
    const List* list = value.list();
    return list != nullptr && std::any_of(list->begin(), list->end(), inside);
  }

  // Runs with a scope of its own, which ends with it even when it fails.
  template <class Run>
  auto within(Scope& scope, Run run) {
    struct Back {
      Scope*& at;
      Scope* before;
      ~Back() { at = before; }
    } back{scope_, scope_};
    scope_ = &scope;
    return run();
  }

  Value capture(const Nodes& body) {
    Text before = std::move(out_);
    out_ = Text();
    std::vector<Rendered::Span> spans = generated_;
    Scope inner{scope_, {}};
    within(inner, [&] { return execute(body); });
    generated_ = std::move(spans);  // offsets into what was captured mean nothing outside
    Text captured = std::move(out_);
    out_ = std::move(before);
    return captured;
  }

  Flow loop(const Node& node) {
    List items = elements(evaluate(node.parts[0]));
    charge(items.size());
    if (node.parts[1] != nullptr) {
      List kept;
      for (const Value& item : items) {
        Scope inner{scope_, {}};
        bool wanted = within(inner, [&] {
          assign(node.names, item);
          return truth(evaluate(node.parts[1]));
        });
        if (wanted) kept.push_back(item);
      }
      items = std::move(kept);
    }
    if (items.empty()) return execute(node.other);
    for (size_t i = 0; i < items.size(); ++i) {
      Scope inner{scope_, {}};
      Flow flow = within(inner, [&] {
        inner.set("loop", loop_state(items, i));
        assign(node.names, items[i]);
        return execute(node.body);
      });
      if (flow == Flow::Break) break;
    }
    return Flow::On;
  }
  static Value loop_state(const List& items, size_t i) {
    int64_t at = static_cast<int64_t>(i), count = static_cast<int64_t>(items.size());
    Dict state;
    state.members = {{"index", at + 1},
                     {"index0", at},
                     {"revindex", count - at},
                     {"revindex0", count - at - 1},
                     {"first", i == 0},
                     {"last", i + 1 == items.size()},
                     {"length", count},
                     {"depth", 1},
                     {"depth0", 0},
                     {"previtem", i > 0 ? items[i - 1] : Value(Undefined{"previtem"})},
                     {"nextitem", i + 1 < items.size() ? items[i + 1] : Value(Undefined{"nextitem"})},
                     {"cycle", Function([i](const Arguments& a) {
                        if (a.positional.empty()) throw Failure{"loop.cycle() of nothing"};
                        return a.positional[i % a.positional.size()];
                      })}};
    return state;
  }

  Value macro(const Node& node) {
    return Function([this, &node](const Arguments& arguments) -> Value {
      if (++calls_ > Limits::kCallDepth)
        throw Failure{format("macros call each other {} deep", Limits::kCallDepth)};
      Scope inner{&root_, {}};
      for (size_t i = 0; i < node.names.size(); ++i) {
        Value value = arguments.get(i, node.names[i]);
        auto fallback = std::find_if(node.named.begin(), node.named.end(),
                                     [&](const auto& named) { return named.first == node.names[i]; });
        if (value.undefined() && fallback != node.named.end())
          value = within(inner, [&] { return evaluate(fallback->second); });
        inner.set(node.names[i], std::move(value));
      }
      Value made = within(inner, [&] { return capture(node.body); });
      --calls_;
      return made;
    });
  }

  // --- expressions
  Value evaluate(const NodePtr& node) { return evaluate(*node); }
  Value evaluate(const Node& node) {
    step(node);
    Value value = value_of(node);
    charge_for(value);
    return value;
  }
  void charge_for(const Value& value) {
    constexpr size_t kBytesPerStep = 64;
    if (const Text* text = value.text()) charge(text->size() / kBytesPerStep);
  }
  Value value_of(const Node& node) {
    switch (node.kind) {
      case Kind::Literal:
        return node.literal;
      case Kind::Name:
        return name(node.name);
      case Kind::ListOf:
        return all(node.parts, 0);
      case Kind::DictOf:
        return dict(node);
      case Kind::Member:
        return member(evaluate(node.parts[0]), node.name);
      case Kind::Index:
        return index(evaluate(node.parts[0]), evaluate(node.parts[1]));
      case Kind::Slice:
        return slice(node);
      case Kind::Call:
        return call(node);
      case Kind::Filter:
        return filter(node, nullptr);
      case Kind::Test:
        return apply_test(node.name, evaluate(node.parts[0]), arguments(node));
      case Kind::Not:
        return !truth(evaluate(node.parts[0]));
      case Kind::Negative:
        return negative(evaluate(node.parts[0]));
      case Kind::And: {
        Value left = evaluate(node.parts[0]);
        return truth(left) ? evaluate(node.parts[1]) : left;
      }
      case Kind::Or: {
        Value left = evaluate(node.parts[0]);
        return truth(left) ? left : evaluate(node.parts[1]);
      }
      case Kind::Choice:
        if (truth(evaluate(node.parts[1]))) return evaluate(node.parts[0]);
        return node.parts[2] != nullptr ? evaluate(node.parts[2]) : Value();
      case Kind::Binary:
        return binary(node.name, evaluate(node.parts[0]), evaluate(node.parts[1]));
      case Kind::Compare:
        return comparison(node);
      default:
        throw Failure{"a statement stands where an expression should"};
    }
  }

  Value name(const std::string& name) const {
    const Value* found = scope_->find(name);
    return found != nullptr ? *found : Value(Undefined{name});
  }
  List all(const Nodes& parts, size_t from) {
    List list;
    for (size_t i = from; i < parts.size(); ++i) list.push_back(evaluate(parts[i]));
    return list;
  }
  Value dict(const Node& node) {
    Dict made;
    for (size_t i = 0; i + 1 < node.parts.size(); i += 2)
      made.set(to_text(evaluate(node.parts[i])).bytes(), evaluate(node.parts[i + 1]));
    return made;
  }
  Arguments arguments(const Node& node) {
    Arguments made{all(node.parts, 1), {}};
    for (const auto& [name, value] : node.named) made.named.emplace_back(name, evaluate(value));
    return made;
  }

  // a.b is a method of a, else its element "b"; a["b"] the other way round.
  static Value member(const Value& value, const std::string& name) {
    if (const Undefined* undefined = value.as<Undefined>())
      throw Failure{format("'{}' is undefined (asked for its {})", undefined->name, name)};
    const Dict* dict = value.dict();
    bool method = dict == nullptr || !dict->is_namespace;
    if (method)
      if (Value found = find_method(value, name); !found.undefined()) return found;
    const Value* found = dict != nullptr ? dict->find(name) : nullptr;
    return found != nullptr ? *found : Value(Undefined{name});
  }
  static Value index(const Value& value, const Value& at) {
    if (const Text* name = at.text()) {
      if (const Dict* dict = value.dict())
        if (const Value* found = dict->find(name->bytes())) return *found;
      return member(value, name->bytes());
    }
    if (const Undefined* undefined = value.as<Undefined>())
      throw Failure{format("'{}' is undefined (asked for an element)", undefined->name)};
    if (const Dict* dict = value.dict()) {
      const Value* found = dict->find(to_text(at).bytes());
      return found != nullptr ? *found : Value(Undefined{"element"});
    }
    if (!value.list() && !value.text()) return Undefined{"element"};
    List characters = value.text() ? elements(value) : List();
    const List& items = value.list() ? *value.list() : characters;
    int64_t i = want_integer(at, "an index"), count = static_cast<int64_t>(items.size());
    if (i < 0) i += count;
    return i >= 0 && i < count ? items[static_cast<size_t>(i)] : Value(Undefined{"element"});
  }
  Value slice(const Node& node) {
    Value value = evaluate(node.parts[0]);
    List items = elements(value);
    charge(items.size());
    auto part = [&](size_t i, int64_t other) {
      if (node.parts[i] == nullptr) return other;
      Value given = evaluate(node.parts[i]);
      return given.none() ? other : want_integer(given, "a slice");
    };
    int64_t count = static_cast<int64_t>(items.size()), by = part(3, 1);
    if (by == 0) throw Failure{"a slice with a step of 0"};
    auto bound = [&](int64_t i) {
      int64_t low = by > 0 ? 0 : -1, high = by > 0 ? count : count - 1;
      return std::clamp(i < 0 ? i + count : i, low, high);
    };
    int64_t from =
        node.parts[1] == nullptr ? (by > 0 ? 0 : count - 1) : bound(part(1, by > 0 ? 0 : count - 1));
    int64_t to = node.parts[2] == nullptr ? (by > 0 ? count : -1) : bound(part(2, by > 0 ? count : -1));
    List kept;
    for (int64_t i = from; by > 0 ? i < to : i > to; i += by) kept.push_back(items[static_cast<size_t>(i)]);
    if (!value.text()) return kept;
    Text text;
    for (const Value& one : kept) text.append(*one.text());
    return text;
  }
  Value call(const Node& node) {
    Value callee = evaluate(node.parts[0]);
    const Function* function = callee.function();
    if (function == nullptr) {
      const Undefined* undefined = callee.as<Undefined>();
      throw Failure{undefined != nullptr ? format("'{}' is undefined (called as a function)", undefined->name)
                                         : format("{} cannot be called", type_name(callee))};
    }
    return (*function)(arguments(node));
  }
  // The innermost operand of a filter block's chain is the block.
  Value filter(const Node& node, const Value* block) {
    step(node);
    const Node* inner = node.parts[0].get();
    Value value = inner == nullptr              ? *block
                  : inner->kind == Kind::Filter ? filter(*inner, block)
                                                : evaluate(*inner);
    charge_for(value);
    if (value.list()) charge(value.list()->size());
    return apply_filter(node.name, value, arguments(node));
  }

  static Value negative(const Value& value) {
    if (const double* number = value.as<double>()) return -*number;
    return binary("-", 0, value);
  }
  static Value binary(std::string_view sign, const Value& a, const Value& b) {
    if (sign == "~") return joined(to_text(a), to_text(b));
    if (sign == "+" && (a.text() || b.text())) return joined(want_text(a, "+"), want_text(b, "+"));
    if (sign == "+" && a.list() && b.list()) {
      List both = *a.list();
      both.insert(both.end(), b.list()->begin(), b.list()->end());
      if (both.size() > static_cast<size_t>(Limits::kRange)) throw Failure{"a list grows too long"};
      return both;
    }
    if (sign == "*" && (a.text() || b.text())) return repeated(a.text() ? a : b, a.text() ? b : a);
    if (a.as<double>() || b.as<double>() || sign == "/")
      return real(sign, want_number(a, sign), want_number(b, sign));
    return whole(sign, want_integer(a, sign), want_integer(b, sign));
  }
  static Text joined(Text a, const Text& b) {
    a.append(b);
    return a;
  }
  static Value repeated(const Value& value, const Value& times) {
    Text text;
    int64_t count = want_integer(times, "*");
    if (value.text()->empty()) count = 0;
    for (int64_t i = 0; i < count; ++i) text.append(*value.text());
    return text;
  }
  static Value real(std::string_view sign, double a, double b) {
    if (sign == "+") return a + b;
    if (sign == "-") return a - b;
    if (sign == "*") return a * b;
    if (sign == "**") return std::pow(a, b);
    if (b == 0) throw Failure{"division by zero"};
    if (sign == "/") return a / b;
    if (sign == "//") return std::floor(a / b);
    return a - b * std::floor(a / b);
  }
  static Value whole(std::string_view sign, int64_t a, int64_t b) {
    int64_t result = 0;
    bool too_large = false;
    if (sign == "+") too_large = __builtin_add_overflow(a, b, &result);
    if (sign == "-") too_large = __builtin_sub_overflow(a, b, &result);
    if (sign == "*") too_large = __builtin_mul_overflow(a, b, &result);
    if (sign == "**") {
      if (b < 0) return std::pow(static_cast<double>(a), static_cast<double>(b));
      result = 1;
      for (int64_t i = 0; i < b && !too_large && (a > 1 || a < -1 || i < 2); ++i)
        too_large = __builtin_mul_overflow(result, a, &result);
      if (a == -1) result = b % 2 == 0 ? 1 : -1;
    }
    if (sign == "//" || sign == "%") {
      if (b == 0) throw Failure{"division by zero"};
      if (b == -1) return sign == "%" ? Value(0) : whole("-", 0, a);
      int64_t quotient = floor_division(a, b);
      result = sign == "//" ? quotient : a - quotient * b;
    }
    if (too_large) throw Failure{"a number grows too large"};
    return result;
  }

  Value comparison(const Node& node) {
    Value left = evaluate(node.parts[0]);
    for (size_t i = 0; i < node.names.size(); ++i) {
      Value right = evaluate(node.parts[i + 1]);
      if (!holds(node.names[i], left, right)) return false;
      left = std::move(right);
    }
    return true;
  }
  static bool holds(std::string_view sign, const Value& a, const Value& b) {
    if (sign == "==") return equal(a, b);
    if (sign == "!=") return !equal(a, b);
    if (sign == "in") return contains(b, a);
    if (sign == "not in") return !contains(b, a);
    int order = compare(a, b);
    if (sign == "<") return order < 0;
    if (sign == "<=") return order <= 0;
    return sign == ">" ? order > 0 : order >= 0;
  }

 public:
  int line() const { return line_; }

 private:
  Scope globals_, root_;
  Scope* scope_ = nullptr;
  Text out_;
  std::vector<Rendered::Span> generated_;
  int64_t steps_ = 0;
  int calls_ = 0, line_ = 1;
};

}  // namespace

struct Template::Tree {
  Nodes nodes;
};

Result<Template> Template::parse(std::string_view source) {
  if (source.size() > Limits::kTemplateBytes)
    return Error{ErrorCode::Malformed, format("a chat template of {} bytes is larger than {}", source.size(),
                                              Limits::kTemplateBytes)};
  if (!valid_utf8(source)) return Error{ErrorCode::Malformed, "a chat template is not UTF-8"};
  try {
    Template made;
    made.tree_ = std::make_shared<const Tree>(Tree{parse_template(source)});
    return made;
  } catch (const Failure& failure) {
    return Error{ErrorCode::Malformed, "the chat template cannot be read, " + failure.message};
  }
}

Result<Rendered> Template::render(const std::vector<Member>& variables, const std::tm& now) const {
  Interpreter interpreter(variables, now);
  try {
    return interpreter.run(tree_->nodes);
  } catch (const Failure& failure) {
    return Error{ErrorCode::Unparsable,
                 format("the chat template fails at line {}: {}", interpreter.line(), failure.message)};
  }
}

}  // namespace retort::jinja
