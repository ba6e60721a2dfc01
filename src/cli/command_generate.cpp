// `retort generate MODEL`: a model's answers to instructions from the command line, a file or standard input,
// as JSON lines. MODEL is a folder or a GGUF file.
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/json.h"
#include "base/stop.h"
#include "cli/command.h"
#include "data/rows.h"
#include "recipe/hub.h"
#include "student/student.h"

namespace retort {
namespace {

struct GenerateOptions {
  std::string model, data, prompt, chat_template = "practice", precision = "fp32";
  double temperature = 0, top_p = 1;
  int64_t top_k = 0, tokens_max = 64, seed = 0, threads = 0;
};

std::vector<Instruction> read_instructions(const GenerateOptions& options) {
  std::vector<Instruction> instructions;
  auto take = [&](const std::string& text) {
    instructions.emplace_back();
    instructions.back().text = text;
  };
  if (!options.prompt.empty()) {
    take(options.prompt);
  } else if (!options.data.empty()) {
    or_throw(read_rows(
        options.data, [&](const DataRow& row) { take(row.instruction); },
        [](const BadRow& bad) { std::fprintf(stderr, "retort: %s\n", bad.message.c_str()); }));
  } else {
    for (std::string line; std::getline(std::cin, line);)
      if (!line.empty()) take(line);
  }
  return instructions;
}

int generate(const GenerateOptions& options) {
  if (options.precision != "fp32" && options.precision != "int8")
    throw RunError(ErrorCode::InvalidArgument,
                   format("--precision \"{}\" is not known; use fp32 or int8", options.precision));
  StudentOptions student_options;
  student_options.chat_template = options.chat_template;
  student_options.seed = static_cast<uint64_t>(options.seed);
  student_options.threads = static_cast<int>(std::clamp<int64_t>(options.threads, -1, 2'000));
  auto student = or_throw(Student::open(or_throw(resolve_model(options.model)), student_options));
  student->sampling() = {.temperature = options.temperature,
                         .top_k = options.top_k,
                         .top_p = options.top_p,
                         .tokens_max = options.tokens_max,
                         .precision = options.precision};
  const std::vector<Instruction> all = read_instructions(options);
  for (size_t begin = 0; begin < all.size(); begin += 1'024) {
    throw_if_stopped();
    const auto chunk = std::span(all).subspan(begin, std::min<size_t>(1'024, all.size() - begin));
    const std::vector<Result<Answer>> answers = student->answer(chunk);
    for (size_t i = 0; i < chunk.size(); ++i) {
      Json line = Json::object();
      line.set("instruction", chunk[i].text);
      if (answers[i])
        line.set("output", answers[i]->text).set("finish_reason", finish_name(answers[i]->finish));
      else
        line.set("error", answers[i].error().message);
      std::printf("%s\n", line.dump().c_str());
    }
  }
  return 0;
}

}  // namespace

Command generate_command() {
  static GenerateOptions options;
  return {
      .name = "generate",
      .doc = "Answer instructions with a model, as JSON lines",
      .flags = {{"model", "a model folder or a GGUF file", &options.model, Flag::Need::Required},
                {"--data", "a JSONL file of instructions (default: lines of standard input)", &options.data},
                {"--prompt", "one instruction", &options.prompt},
                {"--template",
                 "own (the model's), practice, lion, alpaca, vicuna, chatml, llama2, llama3, mistral, gemma, "
                 "phi or zephyr",
                 &options.chat_template},
                {"--temperature", "0: greedy", &options.temperature},
                {"--top-k", "0: off", &options.top_k},
                {"--top-p", "1: off", &options.top_p},
                {"--tokens-max", "most tokens of an answer", &options.tokens_max},
                {"--precision", "fp32, or int8: on a CPU several times as fast", &options.precision},
                {"--seed", "of the random streams", &options.seed},
                {"--threads", "processor threads; 0: one a core", &options.threads}},
      .run = [] { return generate(options); }};
}

}  // namespace retort
