// The run file: what it takes, and what it says to what it does not take.
#include "recipe/run_file.h"

#include <cstdlib>

#include "base/test.h"
#include "recipe/starter.h"

namespace retort {
namespace {

constexpr std::string_view kLeast = "[teacher]\nbase_url = \"practice\"\n[data]\npractice_rows = 10\n";

Result<RunFile> parse(const std::string& text) {
  return parse_run_file(std::string(kLeast) + text, "my.toml", "/data");
}

std::string fault(const std::string& text) {
  Result<RunFile> file = parse(text);
  return file ? "" : file.error().message;
}

}  // namespace

TEST_CASE("every default, printed as TOML, reads back to the same run file") {
  for (const char* preset : {"", "demo", "lion-emnlp", "tapir-s", "tapir-m", "orca"}) {
    RunFile file = or_throw(preset_run_file(preset));
    file.recipe.preset = preset;
    file.teacher.base_url = "practice";
    file.data.practice_rows = 10;
    const RunFile again = or_throw(parse_run_file(fields_to_toml(file), "x.toml", "/"));
    CHECK(fields_to_json(again) == fields_to_json(file));
  }
}

TEST_CASE("an unknown key is an error that names the nearest known one") {
  const std::string message = fault("[recipe]\ntreshold = 2.0\n");
  CHECK(message.find("treshold") != std::string::npos);
  CHECK(message.find("\"threshold\"") != std::string::npos);
}

TEST_CASE("a wrong type, a wrong name and a wrong range say what is wanted") {
  CHECK(fault("[recipe]\nrounds = \"three\"\n").find("recipe.rounds must be a whole number") !=
        std::string::npos);
  CHECK(fault("[recipe]\nname = \"tiger\"\n").find("lion, imitation, balanced") != std::string::npos);
  CHECK(fault("[recipe]\nnear_duplicate_words = \"latin\"\n").find("rouge, unicode") != std::string::npos);
  CHECK(fault("[recipe]\nname = \"votes\"\nselection = \"random\"\n").find("recipe.selection") !=
        std::string::npos);
  CHECK(fault("[recipe]\nselection = \"vote_loss\"\n").find("recipe.selection") != std::string::npos);
  CHECK(fault("[recipe]\nreplay = 2.0\n").find("from 0 to 0.95") != std::string::npos);
}

TEST_CASE("bad TOML is an error with file, line and column") {
  Result<RunFile> file = parse_run_file("[recipe\nname = 1", "my.toml", "/");
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::Malformed);
  CHECK(file.error().message.starts_with("my.toml:1:"));
}

TEST_CASE("an environment variable expands, and a missing one is named") {
  ::setenv("RETORT_TEST_MODEL", "my-model", 1);
  CHECK(or_throw(parse("[referee]\nmodel = \"${RETORT_TEST_MODEL}\"\n")).referee.model == "my-model");
  CHECK(fault("[referee]\nmodel = \"${RETORT_TEST_ABSENT}\"\n").find("RETORT_TEST_ABSENT") !=
        std::string::npos);
}

TEST_CASE("relative files count from the run file's folder") {
  const RunFile file = or_throw(parse_run_file(
      "[teacher]\nbase_url=\"practice\"\n[data]\nfiles=[\"rows.jsonl\", \"/x/y\"]\n", "f", "/data"));
  CHECK(file.data.files == std::vector<std::string>{"/data/rows.jsonl", "/x/y"});
}

std::string priced(const std::string& more) {
  return "[teacher]\nbase_url=\"https://h/"
         "v1\"\nmodel=\"m\"\nprice_in=1\nprice_out=2\nrequests_per_minute=60\n" +
         more + "[data]\npractice_rows=10\n";
}
std::string refusal_of(const std::string& text) {
  Result<RunFile> file = parse_run_file(text, "f", "/");
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error().code == ErrorCode::InvalidArgument);
  return file.error().message;
}

TEST_CASE("a role at the teacher's address has its prices and limits, another model or address has its own") {
  const RunFile same = or_throw(parse_run_file(priced(""), "f", "/"));
  CHECK(filled(same.referee, same.teacher).price_out == 2);
  CHECK(filled(same.referee, same.teacher).requests_per_minute == 60);
  CHECK(filled(same.referee, same.teacher).temperature == 0.2);
  const RunFile other = or_throw(parse_run_file(priced("[referee]\nmodel=\"n\"\nprice_out=9\n"), "f", "/"));
  CHECK(filled(other.referee, other.teacher).model == "n");
  CHECK(filled(other.referee, other.teacher).base_url == "https://h/v1");
  CHECK(filled(other.referee, other.teacher).price_in == 0);
  CHECK(filled(other.referee, other.teacher).price_out == 9);
}

TEST_CASE("a budget needs the price of every role that is asked for money") {
  CHECK(parse_run_file(priced("[budget]\nmoney=5\n"), "f", "/").has_value());
  CHECK(refusal_of(priced("[referee]\nmodel=\"n\"\n[budget]\nmoney=5\n")).find("referee.price_in") !=
        std::string::npos);
  const std::string local = "[referee]\nbase_url=\"http://127.0.0.1:8080/v1\"\n[budget]\nmoney=5\n";
  CHECK(parse_run_file(priced(local), "f", "/").has_value());
  CHECK(refusal_of(priced("[budget]\nmoney=-1\n")).find("budget.money") != std::string::npos);
  CHECK(refusal_of(priced("[referee]\nprice_in=-1\n")).find("referee has a price") != std::string::npos);
}

TEST_CASE("a provider is known by name, and its temperature is one that it takes") {
  CHECK(
      refusal_of(priced("[referee]\nprovider=\"antropic\"\nbase_url=\"https://h/v1\"\n")).find("anthropic") !=
      std::string::npos);
  const std::string hot = "[referee]\nprovider=\"anthropic\"\nbase_url=\"https://h/v1\"\ntemperature=1.5\n";
  CHECK(refusal_of(priced(hot)).find("referee.temperature is 1.5") != std::string::npos);
}

TEST_CASE("budget, prices and limits may change when a run goes on, the provider may not") {
  const RunFile before = or_throw(parse_run_file(priced("[budget]\nmoney=5\n"), "f", "/"));
  RunFile after = before;
  after.budget.money = 10;
  after.teacher.price_out = 3;
  after.teacher.requests_per_minute = 120;
  after.teacher.outage_s = 60;
  after.referee.stream_above = 5;
  CHECK(frozen_differences(before, after).empty());
  after.teacher.provider = "vllm";
  CHECK(frozen_differences(before, after) == std::vector<std::string>{"teacher.provider"});
}

TEST_CASE("the loop's own default judges a sample, every other recipe and the paper's preset all") {
  CHECK(recipe_run_file("").recipe.judge_sample == 1'000);
  CHECK(recipe_run_file("lion").recipe.judge_sample == 1'000);
  for (const char* recipe : {"imitation", "balanced", "votes", "tapir", "orca", "lion-tapir"})
    CHECK(recipe_run_file(recipe).recipe.judge_sample == 0);
  CHECK(or_throw(preset_run_file("lion-emnlp")).recipe.judge_sample == 0);
}

TEST_CASE("the preset lion-emnlp holds the paper's constants") {
  const RunFile f = or_throw(preset_run_file("lion-emnlp"));
  CHECK(f.recipe.rounds == 3);
  CHECK(f.recipe.new_per_round == 6'000);
  CHECK(f.recipe.hard_share == 0.5);
  CHECK(f.recipe.threshold == 1.0);
  CHECK(f.recipe.replay == 0.0);
  CHECK(f.recipe.judge_sample == 0);
  CHECK(f.recipe.near_duplicate == 0.7);
  CHECK(f.recipe.near_duplicate_words == "rouge");
  CHECK(f.teacher.temperature == 0.7);
  CHECK(f.teacher.tokens_max == 1'024);
  CHECK(f.referee.temperature == 0.2);
  CHECK(f.referee.tokens_max == 512);
  CHECK(f.generator.temperature == 1.0);
  CHECK(f.generator.top_p == 1.0);
  CHECK(f.generator.tokens_per_seed_word == 4.0);
  CHECK(f.generator.tokens_min == 0);
  CHECK(f.student.sampling.temperature == 0.7);
  CHECK(f.student.sampling.top_k == 50);
  CHECK(f.student.sampling.tokens_max == 1'024);
  CHECK(f.train.optimizer == "adamw");
  CHECK(f.train.learning_rate == 2e-5);
  CHECK(f.train.epochs == 3);
  CHECK(f.train.warmup_share == 0.03);
  CHECK(f.train.weight_decay == 0);
  CHECK(f.train.schedule == "cosine");
  CHECK(f.train.final_share == 0);
  CHECK(f.train.row_tokens == 1'024);
  CHECK(f.data.answers == "ask");
}

TEST_CASE("the presets of TAPIR and Orca hold the papers' constants") {
  const RunFile s = or_throw(preset_run_file("tapir-s")), m = or_throw(preset_run_file("tapir-m"));
  CHECK(s.recipe.name == "tapir");
  CHECK(s.recipe.rounds == 1);
  CHECK(m.recipe.rounds == 3);
  CHECK(s.recipe.new_per_round + 11'000 == 70'000);
  CHECK(m.recipe.new_per_round * 3 + 11'000 == 70'001);
  CHECK(m.data.kinds == "classifier");
  CHECK(m.tapir.delta == 2);
  CHECK(m.tapir.alpha == 0.3);
  CHECK(m.tapir.alpha_step == 0.2);
  CHECK(m.train.optimizer == "adamw");
  CHECK(m.train.learning_rate == 2e-5);
  CHECK(m.train.warmup_share == 0.03);
  CHECK(m.train.epochs == 3);
  CHECK(m.train.row_tokens == 2'048);
  CHECK(m.student.sampling.temperature == 0.5);
  CHECK(m.student.sampling.tokens_max == 2'048);
  const RunFile orca = or_throw(preset_run_file("orca"));
  CHECK(orca.recipe.rounds == 1);
  CHECK(orca.train.epochs == 4);
  CHECK(orca.train.row_tokens == 2'048);
  CHECK(orca.teacher.temperature == 0.7);
  CHECK(orca.teacher.top_p == 0.95);
  CHECK(orca.orca.system_message == "keep");
  CHECK(orca.orca.flan2021 == 2'500'000);
  CHECK(orca.orca.t0 == 2'000'000);
  CHECK(orca.orca.niv2_per_task == 300);
  CHECK(orca.orca.second_share == 0.2);
}

TEST_CASE("what a method cannot take is refused with what it can") {
  CHECK(fault("[tapir]\nalpha = 1.5\n").find("tapir.alpha is 1.5; it must be from 0 to 1") !=
        std::string::npos);
  CHECK(fault("[tapir]\nteacher_min = 11\n").find("tapir.teacher_min") != std::string::npos);
  CHECK(fault("[tapir]\ngap_max = 1.5\n").find("nothing would be hard") != std::string::npos);
  CHECK(fault("[tapir]\nmix = \"even\"\n").find("target, pool") != std::string::npos);
  CHECK(fault("[tapir]\nrewrite = \"often\"\n").find("judged, always, none") != std::string::npos);
  CHECK(fault("[tapir]\nreplay = 1\n").find("tapir.replay") != std::string::npos);
  CHECK(fault("[orca]\nsystem_message = \"drop\"\n").find("keep, erase") != std::string::npos);
  CHECK(fault("[orca]\notherwise = \"dialog\"\n").find("cot, niv2, t0, flan2021") != std::string::npos);
  CHECK(fault("[orca]\nsecond_share = 2\n").find("orca.second_share") != std::string::npos);
  CHECK(fault("[recipe]\nname = \"orca\"\nrounds = 3\n").find("orca has 1") != std::string::npos);
  CHECK(fault("[recipe]\nname = \"orca\"\nrounds = 1\ncontrol = \"imitation\"\n").find("recipe.control") !=
        std::string::npos);
  CHECK(fault("[recipe]\nname = \"tapir\"\nselection = \"random\"\n").find("recipe.selection") !=
        std::string::npos);
  RunFile file = or_throw(parse(""));
  file.data.kinds = "guessed";
  CHECK(validate(file).error().message.find("given, classifier") != std::string::npos);
  CHECK(fault("[recipe]\npreset = \"tapir\"\n").find("tapir-s, tapir-m, orca") != std::string::npos);
}

TEST_CASE("what init writes, short or in full, reads back to the same file; the short one is short") {
  auto same = [](const std::string& recipe, const std::string& preset) {
    const RunFile file = starter_run_file(recipe, preset);
    const std::string brief = short_text(file);
    CHECK_MESSAGE(std::count(brief.begin(), brief.end(), '\n') < 100, format("{} {}", recipe, preset));
    const RunFile a = or_throw(parse_run_file(brief, "short.toml", "/x")),
                  b = or_throw(parse_run_file(full_text(file), "full.toml", "/x"));
    CHECK_MESSAGE(fields_to_toml(a) == fields_to_toml(b), format("{} {}", recipe, preset));
  };
  for (const char* recipe : {"", "lion", "imitation", "balanced", "votes", "tapir", "orca", "lion-tapir",
                             "self-instruct", "evol-instruct", "ekt"})
    same(recipe, "");
  for (const char* preset :
       {"lion-emnlp", "tapir-s", "tapir-m", "orca", "self-instruct", "alpaca", "wizardlm", "demo"})
    same("", preset);
  same("balanced", "demo");
}

}  // namespace retort
