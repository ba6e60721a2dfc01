// `retort train MODEL --data ROWS --out FOLDER`: imitation alone. A model learns the outputs in a file of
// rows; what a run does once a round, without teacher, referee or store. Killed and begun again, it goes on.
#include <algorithm>
#include <cstdio>

#include "base/json.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "data/rows.h"
#include "recipe/hub.h"
#include "recipe/run_file.h"

namespace retort {
namespace {

struct TrainCommandOptions {
  std::string model, data, out, save_precision = "bf16";
  StudentOptions student;
  TrainSection train;
  std::string adapter_out;
  int64_t threads = 0, seed = 0;
  bool json = false;
};

struct TrainRows {
  std::vector<Example> examples;  // the id is the row's number, from 1
  int64_t in = 0, bad = 0, without_output = 0;
};

TrainRows read_train_rows(const Path& path) {
  TrainRows rows;
  auto take = [&](const DataRow& row) {
    ++rows.in;
    if (row.has_output)
      rows.examples.push_back({rows.in, row.instruction, row.output});
    else
      ++rows.without_output;
  };
  auto skip = [&](const BadRow& bad) {
    ++rows.in;
    ++rows.bad;
    std::fprintf(stderr, "retort: warning: %s\n", bad.message.c_str());
  };
  or_throw(read_rows(path, take, skip));
  if (rows.examples.empty())
    throw RunError(ErrorCode::InvalidArgument,
                   format("{} has {} rows and none has an output to learn; each needs \"instruction\" and "
                          "\"output\"",
                          path.string(), rows.in));
  return rows;
}

Json report_json(const TrainCommandOptions& options, const TrainRows& rows, const ImitateReport& report) {
  const auto too_long = static_cast<int64_t>(report.too_long.size());
  Json counts =
      Json::object().set("in", rows.in).set("ok", rows.in - rows.bad - rows.without_output - too_long);
  counts.set("dropped", Json::object()
                            .set("unreadable", rows.bad)
                            .set("no output", rows.without_output)
                            .set("longer than the context", too_long));
  Json json =
      Json::object().set("out", options.out).set("rows", std::move(counts)).set("steps", report.steps);
  json.set("tokens", report.tokens).set("first_loss", report.first_loss).set("last_loss", report.last_loss);
  return json.set("seconds", report.seconds).set("padding_share", report.padding_share);
}

int train(TrainCommandOptions options) {
  std::error_code error;
  if (std::filesystem::equivalent(options.model, options.out, error))
    throw RunError(ErrorCode::InvalidArgument,
                   format("{} is the model that is trained from; write to another folder", options.out));
  if (options.save_precision != "bf16" &&
      options.save_precision != "fp32")  // before hours of work, not after
    throw RunError(
        ErrorCode::InvalidArgument,
        format("cannot save weights as \"{}\"; use --save-precision bf16 or fp32", options.save_precision));
  if (!options.adapter_out.empty() && options.train.lora_rank == 0)
    throw RunError(ErrorCode::InvalidArgument, "--adapter-out keeps a LoRA; set --lora-rank as well");
  options.student.threads = static_cast<int>(std::clamp<int64_t>(options.threads, -1, 2'000));
  options.student.seed = options.train.seed = static_cast<uint64_t>(options.seed);
  const TrainRows rows = read_train_rows(options.data);
  const Path from = or_throw(resolve_model(options.model));
  const auto student = or_throw(Student::open(from, options.student));
  options.train.lora_folder = options.adapter_out;
  // A name on the hub stays that name; a path must lead there from anywhere.
  options.train.lora_base =
      from == Path(options.model) ? std::filesystem::absolute(from).string() : options.model;
  const Path steps = options.out + ".steps";
  ImitateReport report;
  {
    ProgressLine line;
    report = or_throw(student->imitate(rows.examples, options.train, steps, [&](const ImitateProgress& p) {
      line.show({.stage = "train",
                 .done = p.step,
                 .all = p.steps,
                 .detail = format("loss {:.3f}, {:.0f} tokens/s", p.loss, p.tokens_per_second)});
    }));
  }
  or_throw(student->save(options.out, options.save_precision));
  std::filesystem::remove_all(steps, error);
  const Json json = report_json(options, rows, report);
  if (options.json) {
    std::printf("%s\n", json.dump().c_str());
    return 0;
  }
  std::printf("%s\n", options.out.c_str());
  std::fprintf(stderr, "%lld of %lld rows, %lld steps: loss %.4f, at first %.4f\n",
               static_cast<long long>(json.at_path("rows/ok").integer_or(0)), static_cast<long long>(rows.in),
               static_cast<long long>(report.steps), report.last_loss, report.first_loss);
  return 0;
}

// The keys of [train] as flags: "learning_rate" is --learning-rate. What belongs to rounds has no place here.
struct FlagsOfFields {
  std::vector<Flag>& flags;
  template <class T>
  void operator()(std::string_view name, T& value, std::string_view doc) {
    if (name.starts_with("round_")) return;
    std::string flag = "--" + std::string(name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    flags.push_back({flag, std::string(doc), &value});
  }
};

}  // namespace

Command train_command() {
  static TrainCommandOptions options;
  Command command{
      .name = "train",
      .doc = "Train a model on a file of instructions and outputs",
      .flags = {{"model", "a model folder or a GGUF file", &options.model, Flag::Need::Required},
                {"--data", "JSONL rows with instruction and output", &options.data, Flag::Need::Required},
                {"--out", "the folder to write", &options.out, Flag::Need::Required},
                {"--adapter-out", "with --lora-rank: a folder for the adapter alone, in PEFT's format",
                 &options.adapter_out},
                {"--template",
                 "own (the model's), practice, lion, alpaca, vicuna, chatml, llama2, llama3, mistral, gemma, "
                 "phi or zephyr",
                 &options.student.chat_template},
                {"--device", "auto, cpu or cuda", &options.student.device},
                {"--precision", "of the matrix products: auto, fp32 or bf16", &options.student.precision},
                {"--save-precision", "of the written weights: bf16 or fp32", &options.save_precision},
                {"--threads", "processor threads; 0: one a core", &options.threads},
                {"--seed", "every random choice follows from it", &options.seed},
                {"--json", "one JSON object for scripts", &options.json}},
      .run = [] { return train(options); }};
  options.train.fields(FlagsOfFields{command.flags});
  return command;
}

}  // namespace retort
