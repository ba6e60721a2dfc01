// `retort export MODEL`: a model folder, a finished run's student or a GGUF file in another form: a Hugging
// Face folder, or a GGUF file for llama.cpp.
#include <cstdio>

#include "base/json.h"
#include "cli/command.h"
#include "cli/target.h"
#include "recipe/hub.h"
#include "student/export.h"

namespace retort {
namespace {

struct ExportCommandOptions {
  std::string from, adapter, format = "hf", type = "bf16", out, name;
  bool json = false;
};

Path student_of_run(const Path& folder) {
  if (const std::optional<Path> student = finished_student(folder)) return *student;
  throw RunError(ErrorCode::NotFound,
                 format("the run in {} has no student to export yet; run it to its end, or name one of its "
                        "checkpoints/imitate_N",
                        folder.string()));
}

int export_to(const ExportCommandOptions& options) {
  const bool run = is_run_folder(options.from);
  const Path from = run ? student_of_run(options.from) : or_throw(resolve_model(options.from));
  std::string name = options.name;
  if (name.empty() && options.format == "gguf")
    name = std::filesystem::absolute(options.from).lexically_normal().stem().string();
  const ExportReport report = or_throw(export_model(from, {.format = options.format,
                                                           .type = options.type,
                                                           .adapter = options.adapter,
                                                           .out = options.out,
                                                           .name = name}));
  if (options.json) {
    Json line =
        Json::object().set("from", from.string()).set("out", options.out).set("format", options.format);
    line.set("type", options.type).set("weights", report.weights).set("tensors", report.tensors);
    std::printf("%s\n", line.set("bytes", report.bytes).dump().c_str());
  } else {
    std::printf("%s\n", options.out.c_str());
    std::fprintf(stderr, "%s as %s: %.1f million weights, %.1f MB\n", from.c_str(), options.type.c_str(),
                 static_cast<double>(report.weights) / 1e6, static_cast<double>(report.bytes) / 1e6);
  }
  return 0;
}

}  // namespace

Command export_command() {
  static ExportCommandOptions options;
  return {
      .name = "export",
      .doc = "Write a run's student, a model folder or a GGUF file in another form",
      .flags = {{"model", "a run folder, a model folder or a GGUF file", &options.from, Flag::Need::Required},
                {"--adapter", "a PEFT folder (a LoRA) of this model, to be merged into it", &options.adapter},
                {"--format", "hf (a folder, for transformers and vLLM) or gguf (a file, for llama.cpp)",
                 &options.format},
                {"--type", "f32, f16 or bf16; gguf also q8_0 and q4_k_m (default: bf16)", &options.type},
                {"--out", "the folder or file to write", &options.out, Flag::Need::Required},
                {"--name", "the model's name in a GGUF file (default: the source's)", &options.name},
                {"--json", "one JSON object for scripts", &options.json}},
      .run = [] { return export_to(options); }};
}

}  // namespace retort
