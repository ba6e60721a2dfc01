#include "base/fields.h"

#include "base/test.h"
#include "base/toml.h"

namespace retort {
namespace {

struct Inner {
  int64_t steps = 3;
  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("steps", steps, "how many");
  }
};
struct Outer {
  std::string name = "x";
  double rate = 0.5;
  std::vector<std::string> files;
  Inner train;
  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("name", name, "a name");
    visit("rate", rate, "a rate");
    visit("files", files, "some files");
    visit("train", train, "a section");
  }
};

std::string fault(std::string_view toml) {
  Outer outer;
  auto read = read_fields(or_throw(parse_toml(toml, "f")), outer, "");
  return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("what is given is read, what is absent keeps its default") {
  Outer outer;
  CHECK(read_fields(or_throw(parse_toml("rate = 2\n[train]\nsteps = 7", "f")), outer, ""));
  CHECK(outer.rate == 2);
  CHECK(outer.train.steps == 7);
  CHECK(outer.name == "x");
}

TEST_CASE("the printed TOML reads back to the same values") {
  Outer outer{.name = "quo\"te\n", .rate = 1e-5, .files = {"a", "b\\c"}, .train = {.steps = -1}};
  Outer again;
  CHECK(read_fields(or_throw(parse_toml(fields_to_toml(outer), "f")), again, ""));
  const auto none = [](const std::string&, const Json&) { return false; };
  CHECK(fields_to_toml(outer, none).empty());
  CHECK(fields_to_json(again) == fields_to_json(outer));
}

TEST_CASE("an unknown key names its section and the nearest known key") {
  CHECK(fault("nmae = \"y\"") == "unknown key \"nmae\" at the top level; did you mean \"name\"?");
  CHECK(fault("[train]\nstep = 1") == "unknown key \"step\" in [train]; did you mean \"steps\"?");
  CHECK(fault("zzzzzzzz = 1").find("known keys: name rate files train") != std::string::npos);
}

TEST_CASE("a wrong type says what was wanted and what was got") {
  CHECK(fault("rate = \"fast\"") == "rate must be a number, not \"fast\"");
  CHECK(fault("train = 3") == "[train] must be a table, not 3");
  CHECK(fault("files = [1]") == "files must be an array of strings, not [1]");
}

}  // namespace retort
