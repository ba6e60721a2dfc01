#include "tokenizer/jinja.h"

#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

using jinja::Template;

Result<std::string> rendered(std::string_view source, const Json& variables = Json::object()) {
  Template parsed = RETORT_TRY(Template::parse(source));
  std::vector<jinja::Member> members;
  for (const auto& [name, value] : variables.members())
    members.emplace_back(name, jinja::from_json(value, 7));
  std::tm now{.tm_sec = 5, .tm_min = 4, .tm_hour = 3, .tm_mday = 2, .tm_mon = 0, .tm_year = 126};
  return RETORT_TRY(parsed.render(members, now)).text.bytes();
}
std::string text(std::string_view source, const char* variables = "{}") {
  Result<std::string> result = rendered(source, parse_json(variables).value());
  return result ? *result : "error: " + result.error().message;
}
std::string failure(std::string_view source) {
  Result<std::string> result = rendered(source);
  return result ? "" : result.error().message;
}

// What transformers' environment prints for the same is compared in tests/template_parity.sh.
TEST_CASE("white space goes where tags say so") {
  CHECK(text("a\n  {% if true %}\n  b\n  {% endif %}\nc") == "a\n  b\nc");
  CHECK(text("a  {{- 1 -}}  b") == "a1b");
  CHECK(text("x\n{#- gone -#}\n y") == "xy");
  CHECK(text("{% raw %}{{ x }}{% endraw %}") == "{{ x }}");
  CHECK(text("end\n") == "end");
}

TEST_CASE("expressions bind as Python's") {
  CHECK(text("{{ 1 + 2 * 3 ** 2 - 7 // 2 }}") == "16");
  CHECK(text("{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }}") == "-4 2 3.5");
  CHECK(text("{{ 'a' ~ 1 ~ none }} {{ 'b' + 'c' | upper }}") == "a1None bC");
  CHECK(text("{{ not false and 1 < 2 <= 2 and 'x' not in 'abc' }}") == "True");
  CHECK(text("{{ [1, 'a', {'b': none}] }}") == "[1, 'a', {'b': None}]");
  CHECK(text("{{ 'yes' if x is defined else 'no' }}{{ 'z' if false }}") == "no");
  CHECK(text("{{ 'abcdef'[1:4] }} {{ [1,2,3][::-1] }} {{ 'añb'[-2] }}") == "bcd [3, 2, 1] ñ");
}

TEST_CASE("loops know where they are and keep what they set to themselves") {
  CHECK(text("{% for x in [3, 4] %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ ',' if not loop.last }}{% "
             "endfor %}") == "1/2:3,2/2:4");
  CHECK(text("{% set n = 0 %}{% for x in [1] %}{% set n = 5 %}{% endfor %}{{ n }}") == "0");
  CHECK(text("{% set ns = namespace(n=0) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n "
             "}}") == "3");
  CHECK(text("{% for x in [1, 2, 3] if x != 2 %}{{ x }}{% else %}none{% endfor %}") == "13");
  CHECK(text("{% for x in range(9) %}{% if x == 2 %}{% continue %}{% endif %}{% if x > 3 %}{% break %}{% "
             "endif %}{{ x }}{% endfor %}") == "013");
  CHECK(text("{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", R"({"d": {"a": 1, "b": 2}})") ==
        "a=1;b=2;");
}

TEST_CASE("macros, block sets and filters") {
  CHECK(text("{% macro hi(name, mark='!') %}Hi {{ name }}{{ mark }}{% endmacro %}{{ hi('you') }}{{ hi('me', "
             "mark='?') }}") == "Hi you!Hi me?");
  CHECK(text("{% set x %}a{{ 1 }}{% endset %}{{ x | length }}") == "2");
  CHECK(text("{{ m | map(attribute='r') | join('-') }} {{ m | selectattr('r', 'equalto', 'a') | list | "
             "length }}",
             R"({"m": [{"r": "a"}, {"r": "b"}]})") == "a-b 1");
  CHECK(text("{{ d | tojson }} {{ 'é\"\\n' | tojson }}", R"({"d": {"b": [1, true, null], "a": 1.5}})") ==
        R"({"b": [1, true, null], "a": 1.5} "é\"\n")");
  CHECK(text("{{ x | default('d') }}{{ '' | default('e', true) }}{{ ' a ' | trim }}") == "dea");
  CHECK(text("{{ strftime_now('%d %b %Y') }}") == "02 Jan 2026");
}

TEST_CASE("a text keeps its authors through what is done to it") {
  Template parsed = Template::parse("{{ ('<' + x.strip().upper() + '>').split('B')[1] }}").value();
  auto out = parsed.render({{"x", jinja::from_json(Json("  abc "), 7)}}, {}).value().text;
  REQUIRE(out.bytes() == "C>");
  CHECK(out.author(0) == 7);
  CHECK(out.author(1) == 0);
}

TEST_CASE("what is not there fails with its name and line") {
  CHECK(failure("\n\n{{ a.b }}").find("line 3") != std::string::npos);
  CHECK(failure("{{ a.b }}").find("'a' is undefined") != std::string::npos);
  CHECK(failure("{{ 'x' + missing }}").find("'missing' is undefined") != std::string::npos);
  CHECK(failure("{{ raise_exception('roles must alternate') }}").find("roles must alternate") !=
        std::string::npos);
  CHECK(failure("{{ 1 | nosuch }}").find("nosuch") != std::string::npos);
  CHECK(failure("{% include 'x' %}").find("include") != std::string::npos);
  CHECK(failure("{% if x %}").find("endif") != std::string::npos);
  CHECK(failure("{{ 'x").find("closing quote") != std::string::npos);
  CHECK(failure("{{ x.__class__.__mro__ }}").find("undefined") != std::string::npos);
}

TEST_CASE("a template that means harm ends in an error soon") {
  for (const char* source : {
           "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
           "{% set s = 'xxxxxxxxxxxxxxxxxxxxxxxx' %}{% for i in range(99999) %}{% set ns = s * 999999 %}{% "
           "endfor %}",
           "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
           "{% set ns = namespace(s=[]) %}{% for i in range(99999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ "
           "ns.s }}",
           "{% set ns = namespace(s=[1]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% endfor "
           "%}{{ ns.s == ns.s }}",
           "{% set ns = namespace(s=[1]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% endfor "
           "%}{{ ns.s }}",
           "{% set ns = namespace() %}{% set ns.me = [ns] %}{{ ns.me }}",
           "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
           "{{ range(100000000) }}",
           "{{ 9 ** 9 ** 9 }}",
           "{{ 9223372036854775807 + 1 }}",
           "{{ 1 % 0 }}",
           "{{ 'a'.split('') }}",
       }) {
    CAPTURE(source);
    CHECK_FALSE(failure(source).empty());
  }
  std::string deep = "{{ " + std::string(5'000, '(') + "1" + std::string(5'000, ')') + " }}";
  CHECK_FALSE(failure(deep).empty());
  std::string wide = "{{ 1";
  for (int i = 0; i < 100'000; ++i) wide += " + 1";
  CHECK_FALSE(failure(wide + " }}").empty());
}

TEST_CASE("damaged templates are survived") {
  const std::string whole =
      "{%- set ns = namespace(a=1) -%}{% for m in messages[1:] %}{% if m['role'] == 'user' and not "
      "loop.first %}"
      "{{ '<|u|>' + m.content | trim ~ \"\\n\" }}{% elif m.x is defined %}{{- m.x | tojson(indent=2) -}}{% "
      "else %}"
      "{% set ns.a = ns.a + 1 %}{{ ns.a }}{% endif %}{% endfor %}{% macro q(a, b=2) %}{{ a // b }}{% "
      "endmacro %}{{ q(9) }}";
  const Json variables =
      parse_json(R"({"messages": [{"role": "a", "content": "b"}, {"role": "user", "content": " c "}]})")
          .value();
  for (size_t size = 0; size < whole.size(); ++size) (void)rendered(whole.substr(0, size), variables);
  Random random(4, "templates");
  for (int i = 0; i < 5'000; ++i) {
    std::string damaged = whole;
    for (uint64_t n = 1 + random.below(3); n > 0; --n) {
      size_t at = random.below(damaged.size());
      if (random.below(2) == 0)
        damaged[at] = "{}%()[]'\"-+.,|=:~ \nabc019"[random.below(26)];
      else
        damaged.erase(at, 1 + random.below(4));
    }
    (void)rendered(damaged, variables);
  }
}

}  // namespace
}  // namespace retort
