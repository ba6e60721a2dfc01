// Chat templates: the subset of Jinja that they are written in, read from a model folder and interpreted. No
// code runs but this; steps, sizes and depths are bounded. Renders the same text as `transformers` does.
//   parse("{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}{% endfor %}")
#pragma once

#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/jinja_value.h"

namespace retort::jinja {

struct Limits {
  static constexpr int64_t kSteps = 5'000'000;  // nodes looked at in one rendering
  static constexpr size_t kTemplateBytes = size_t{1} << 20;
  static constexpr int kCallDepth = 30;       // macros within macros
  static constexpr int64_t kRange = 100'000;  // numbers that range() makes
};

struct Rendered {
  Text text;
  // What stood between {% generation %} and {% endgeneration %}: the assistant's own, where a template says
  // so.
  struct Span {
    size_t begin, end;
  };
  std::vector<Span> generated;
};

class Template {
 public:
  // Malformed, with the line, for what is no template or uses what is not known here.
  static Result<Template> parse(std::string_view source);
  // `now` is what strftime_now shows. Unparsable when the template refuses (raise_exception), uses what is
  // not there, or passes a limit.
  Result<Rendered> render(const std::vector<Member>& variables, const std::tm& now) const;

 private:
  struct Tree;
  std::shared_ptr<const Tree> tree_;
};

// Filters, tests and methods (jinja_builtins.cpp); they throw Failure for a name they do not know.
Value apply_filter(std::string_view name, const Value& value, const Arguments& arguments);
bool apply_test(std::string_view name, const Value& value, const Arguments& arguments);
// A method of a text or a mapping; undefined when it has none of that name.
Value find_method(const Value& value, std::string_view name);

}  // namespace retort::jinja
