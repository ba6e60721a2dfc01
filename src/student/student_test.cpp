#include "student/student.h"

#include "base/file.h"
#include "base/json.h"
#include "base/test.h"
#include "tokenizer/tokenizer.h"

namespace retort {
namespace {

StudentOptions one_thread() { return {.device = "cpu", .threads = 1, .seed = 4}; }

std::unique_ptr<Student> tiny(int64_t context = 64) {
  StudentShape shape{
      .width = 32, .layers = 2, .heads = 2, .kv_heads = 2, .feed_forward = 64, .context = context};
  return Student::make_fresh(shape, practice_tokenizer_json(), one_thread()).value();
}

std::vector<Instruction> ask(std::initializer_list<const char*> texts) {
  std::vector<Instruction> instructions;
  for (const char* text : texts) instructions.push_back({.text = text});
  return instructions;
}

std::vector<Example> copies(int64_t count) {
  std::vector<Example> examples;
  for (int64_t i = 0; i < count; ++i) {
    std::string digit(1, static_cast<char>('0' + i % 8));
    examples.push_back({i, "Say " + digit + " please", digit});
  }
  return examples;
}

TEST_CASE("a student learns what it imitates, and its loss falls") {
  std::unique_ptr<Student> student = tiny();
  std::vector<Example> examples = copies(64);
  double before = student->mean_loss(examples, 64);
  TemporaryFolder folder;
  ImitateReport report = or_throw(
      student->imitate(examples, {.steps = 120, .rows_per_step = 4, .row_tokens = 64}, folder.path()));
  CHECK(report.steps == 120);
  CHECK(report.too_long.empty());
  CHECK(student->mean_loss(examples, 64) < before / 4);
  auto answers = student->answer(ask({"Say 3 please", "Say 7 please"}));
  CHECK(answers[0]->text == "3");
  CHECK(answers[1]->text == "7");
  CHECK(answers[0]->finish == Finish::Stop);
}

TEST_CASE("examples that do not fit in a row are reported and not trained on") {
  std::unique_ptr<Student> student = tiny();
  std::vector<Example> examples = copies(8);
  examples.push_back({99, std::string(200, 'x'), "y"});
  TemporaryFolder folder;
  ImitateReport report =
      or_throw(student->imitate(examples, {.steps = 2, .rows_per_step = 2, .row_tokens = 32}, folder.path()));
  CHECK(report.too_long == std::vector<int64_t>{99});
}

TEST_CASE("a saved student opens as the same student") {
  std::unique_ptr<Student> student = tiny();
  TemporaryFolder folder;
  or_throw(student->save(folder.path(), "fp32"));
  std::unique_ptr<Student> back = or_throw(Student::open(folder.path(), one_thread()));
  CHECK(back->weight_count() == student->weight_count());
  CHECK(back->context() == 64);
  std::vector<Example> examples = copies(4);
  CHECK(back->mean_loss(examples, 64) == student->mean_loss(examples, 64));
  auto instructions = ask({"What is this?", "12"});
  CHECK((*back->answer(instructions)[0]).text == (*student->answer(instructions)[0]).text);
}

TEST_CASE("what a folder says beyond what we know is kept when it is saved again") {
  TemporaryFolder folder;
  or_throw(tiny()->save(folder.path(), "fp32"));
  Path path = folder.path() / "config.json";
  Json config = or_throw(read_json_file(path.string()));
  or_throw(write_file_atomic(path, config.set("made_by", "somebody").dump()));
  or_throw(write_file_atomic(folder.path() / "tokenizer.model", "bytes"));
  Path special = folder.path() / "special_tokens_map.json";
  Json map = or_throw(read_json_file(special.string()));
  std::string end(map.at_path("eos_token").string_or(""));
  Json described = Json::object().set("content", end).set("lstrip", true);
  map.set("eos_token", described).set("additional_special_tokens", Json::array().push("<x>"));
  or_throw(write_file_atomic(special, map.dump()));
  std::unique_ptr<Student> back = or_throw(Student::open(folder.path(), one_thread()));
  TemporaryFolder other;
  or_throw(back->save(other.path(), "bf16"));
  CHECK(or_throw(read_json_file((other.path() / "special_tokens_map.json").string())) == map);
  CHECK(or_throw(read_file(other.path() / "tokenizer.model")) == "bytes");
  or_throw(back->save(folder.path(), "bf16"));
  config = or_throw(read_json_file(path.string()));
  CHECK(config.at_path("made_by") == Json("somebody"));
  CHECK(config.at_path("dtype") == Json("bfloat16"));
}

TEST_CASE("answers depend on the instruction's text and the seed, not on the company") {
  std::unique_ptr<Student> student = tiny();
  student->sampling() = {.temperature = 1.0, .tokens_max = 8};
  std::string together = (*student->answer(ask({"a", "b", "c"}))[1]).text;
  CHECK((*student->answer(ask({"b"}))[0]).text == together);
  CHECK((*student->answer(ask({"c"}))[0]).text != together);
}

TEST_CASE("in int8 a student answers with the weights that it has now, whatever the company") {
  const StudentSampling int8{.tokens_max = 8, .precision = "int8"};
  const auto instructions = ask({"Say 3 please", "b", "c"});
  const auto texts = [&](Student& student) {
    std::vector<std::string> out;
    for (const Result<Answer>& answer : student.answer(instructions)) out.push_back(answer->text);
    return out;
  };
  std::unique_ptr<Student> student = tiny();
  student->sampling() = int8;
  const std::vector<std::string> before = texts(*student);
  CHECK((*student->answer(ask({"b"}))[0]).text == before[1]);
  or_throw(student->imitate(copies(64), {.steps = 120, .rows_per_step = 4, .row_tokens = 64}, ""));
  const std::vector<std::string> after = texts(*student);
  CHECK(after[0] == "3");
  CHECK(after != before);
  TemporaryFolder folder;
  or_throw(student->save(folder.path(), "fp32"));
  std::unique_ptr<Student> back = or_throw(Student::open(folder.path(), one_thread()));
  back->sampling() = int8;
  CHECK(texts(*back) == after);
}

TEST_CASE("a stop ends an answer and is left out of it") {
  std::unique_ptr<Student> student = tiny();
  std::vector<Example> examples;
  for (int64_t i = 0; i < 32; ++i) examples.push_back({i, "Count please", "1 2 3 4 5"});
  or_throw(student->imitate(examples, {.steps = 100, .rows_per_step = 4, .row_tokens = 64}, ""));
  REQUIRE(student->answer(ask({"Count please"}))[0]->text == "1 2 3 4 5");
  student->sampling().stop = {"nothing like this", "3 4"};
  auto answers = student->answer(ask({"Count please"}));
  CHECK(answers[0]->text == "1 2 ");
  CHECK(answers[0]->finish == Finish::Stop);
}

TEST_CASE("a student that trains an adapter learns, and is a plain student again") {
  TemporaryFolder folder;
  std::unique_ptr<Student> student = tiny();
  const int64_t weights = student->weight_count();
  std::vector<Example> examples = copies(64);
  double before = student->mean_loss(examples, 64);
  ImitateOptions options{
      .optimizer = "adamw", .learning_rate = 2e-2, .steps = 80, .row_tokens = 64, .lora_rank = 8};
  options.lora_folder = folder.path() / "adapter";
  ImitateReport report = or_throw(student->imitate(examples, options, ""));
  CHECK(student->mean_loss(examples, 64) < 0.7 * before);
  CHECK(student->weight_count() == weights);
  CHECK(std::filesystem::exists(folder.path() / "adapter" / "adapter_model.safetensors"));
  or_throw(student->imitate(examples, options, ""));  // the next round hangs on a fresh one
  options.lora_targets = {"nothing"};
  CHECK(student->imitate(examples, options, "").error().code == ErrorCode::InvalidArgument);
}

TEST_CASE("a prompt longer than the context is an error of that item alone") {
  std::unique_ptr<Student> student = tiny(32);
  auto answers =
      student->answer(ask({"short", "a prompt of very many letters: qqqqqqqqqqqqqqqqqqqqqqqqqqqqq"}));
  CHECK(answers[0].has_value());
  REQUIRE_FALSE(answers[1].has_value());
  CHECK(answers[1].error().code == ErrorCode::InvalidArgument);
}

TEST_CASE("a narrow student trains in fp32, and asking for an unknown precision is refused") {
  CHECK(tiny()->precision() == "fp32");
  StudentOptions options = one_thread();
  options.precision = "fp7";
  CHECK(Student::make_fresh({}, practice_tokenizer_json(), options).error().code ==
        ErrorCode::InvalidArgument);
}

#if defined(__x86_64__) && defined(__linux__)
TEST_CASE("a wide student trains in bf16 where the processor says that it has it") {
  const bool has_bf16 = or_throw(read_file("/proc/cpuinfo")).find("avx512_bf16") != std::string::npos;
  const StudentShape shape{
      .width = 256, .layers = 1, .heads = 2, .kv_heads = 2, .feed_forward = 64, .context = 64};
  const auto student = or_throw(Student::make_fresh(shape, practice_tokenizer_json(), one_thread()));
  CHECK(student->precision() == (has_bf16 ? "bf16" : "fp32"));
}
#endif

TEST_CASE("tokens are counted with the template's own") {
  CHECK(tiny()->count_tokens("What is", "no") == 6);  // ask, 2, answer, 1, end
}

TEST_CASE("what cannot be is refused with a reason") {
  StudentOptions options = one_thread();
  CHECK(Student::open("/nowhere", options).error().code == ErrorCode::NotFound);
  options.device = "abacus";
  CHECK(Student::make_fresh({}, practice_tokenizer_json(), options).error().code ==
        ErrorCode::InvalidArgument);
  options = one_thread();
  options.chat_template = "chatml";
  CHECK(Student::make_fresh({}, practice_tokenizer_json(), options).error().code ==
        ErrorCode::InvalidArgument);
  CHECK(Student::make_fresh({.width = 30}, practice_tokenizer_json(), one_thread()).error().code ==
        ErrorCode::InvalidArgument);
  TemporaryFolder folder;
  CHECK(tiny()->save(folder.path(), "int3").error().code == ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace retort
