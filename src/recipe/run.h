// A run: from a run file and a folder to a model one owns. Opens what the recipe works with, lets the recipe
// and its control work, exports. Calling it on a folder where a run was stopped goes on; on a finished one it
// does nothing.
#pragma once

#include <functional>
#include <memory>

#include "http/client.h"
#include "recipe/arm.h"
#include "student/response_fit.h"

namespace retort {

struct RunHooks {
  // The real student (or a fake one in tests). Throws RunError.
  std::function<std::unique_ptr<Student>(const Path& folder, const StudentOptions&, const StudentSampling&)>
      open_student;
  // Writes the student in that folder as a GGUF file of that type. Throws RunError.
  std::function<void(const Path& folder, const std::string& type, const Path& out)> write_gguf;
  std::function<void(const StageProgress&)> progress;
  std::function<void(const std::string& line)> say;  // what a person should know, a line
  // Time and network; a simulation puts in its own.
  Clock& clock = system_clock();
  std::function<std::unique_ptr<HttpTransport>(int connections_max)> make_transport = make_curl_transport;
  // The same model as a scorer, for recipe.judge_prior; a run that wants none needs none. Throws RunError.
  std::function<std::unique_ptr<ResponseScorer>(const Path& folder, const StudentOptions&)> open_scorer = {};
  StudentAhead ahead = {};
};

enum class RunEnd { Finished, WasFinished };
// Throws RunError.
RunEnd run(const RunFile& file, const Path& folder, const RunHooks& hooks);

}  // namespace retort
