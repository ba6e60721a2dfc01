// What an evaluation is told beside the model: judge, reference, budget. From a TOML file (--file), from a
// run's own file, and from the command line, the last of which wins.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "recipe/endpoints.h"
#include "recipe/run_file.h"

namespace retort {

struct EvalFile {
  EndpointSection model, judge, reference;
  StudentSection student;
  BudgetSection budget;
  practice::TeacherOptions practice;
  uint64_t seed = 1;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("model", model, "the endpoint that is evaluated, where the model is an address");
    visit("judge", judge, "who scores, grades or chooses; each suite sets its own temperature and tokens");
    visit("reference", reference, "whose answers a pairwise suite compares with");
    visit("student", student, "how a model folder is opened: template, device, precision, threads");
    visit("budget", budget, "what it may cost, judge and all");
    visit("practice", practice, "the practice teacher's dials, where an address is \"practice\"");
    visit("seed", seed, "of the judge's marks and of the practice questions");
  }
};

// InvalidArgument, Malformed: one line with the file's name.
Result<EvalFile> load_eval_file(const Path& path);
// A run's referee is the judge, its teacher the reference, its student's template the template.
EvalFile eval_file_of_run(const RunFile& run);

// The chats of an evaluation over one store: model, judge and reference.
class EvalEndpoints {
 public:
  // `file` and `store` outlive it.
  EvalEndpoints(const EvalFile& file, RunStore& store, std::function<void(const std::string&)> say);
  // "judge" and the like; throws RunError for a key that is not set.
  std::unique_ptr<Chat> chat(const std::string& name, const EndpointSection& section,
                             std::function<void(size_t done, size_t all)> progress);

 private:
  const std::string& practice_url();
  const EvalFile& file_;
  RunStore& store_;
  std::function<void(const std::string&)> say_;
  std::unique_ptr<practice::TeacherServer> practice_;
  std::string practice_url_;
  std::unique_ptr<HttpTransport> transport_;
};

}  // namespace retort
