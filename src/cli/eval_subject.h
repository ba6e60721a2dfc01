// What `retort eval MODEL` names: a model folder or GGUF file or hub name, a run's folder, or an address.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "eval/respondent.h"
#include "recipe/run_file.h"
#include "student/student.h"

namespace retort {

struct EvalSubject {
  enum class Kind { Folder, Run, Address } kind = Kind::Folder;
  std::string text;            // as the user wrote it
  Path folder;                 // the model's, for a Folder and a Run
  std::optional<RunFile> run;  // its run.toml
};
// NotFound when a run has no export yet, or there is no such folder.
Result<EvalSubject> find_subject(const std::string& text);

// What tells one model in a folder from another: names and sizes of its files, the small ones whole, of the
// weights the first and the last MiB, as 64 hex digits.
Result<std::string> model_fingerprint(const Path& folder_or_file);

// A student that answers a suite's questions.
struct OpenedStudent {
  std::unique_ptr<Student> student;
  std::unique_ptr<Respondent> respondent;
};
Result<OpenedStudent> open_student_subject(const Path& folder, const StudentSection& section);

}  // namespace retort
