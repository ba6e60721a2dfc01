// A model on disk into another form: a Hugging Face folder or a GGUF file, in the precision asked for. The
// tokenizer and the chat template go along as they are. No torch type crosses it.
#pragma once

#include <string>

#include "base/file.h"

namespace retort {

struct ExportOptions {
  std::string format = "hf";  // "hf": a folder that `transformers` loads; "gguf": a file that llama.cpp loads
  std::string type = "bf16";  // hf: f32, f16, bf16; gguf: these, q8_0, q4_k_m
  Path adapter;               // a PEFT folder that is merged into the weights; empty: none
  Path out;                   // hf: the folder; gguf: the file, replaced when it is whole
  std::string name;           // general.name of a GGUF file; empty: `out` without its ending
};
struct ExportReport {
  int64_t weights = 0, tensors = 0;
  uint64_t bytes = 0;  // of what was written
};
// `from` is a folder or a GGUF file. InvalidArgument for a form that this model cannot have.
Result<ExportReport> export_model(const Path& from, const ExportOptions& options);

}  // namespace retort
