#include "cli/eval_file.h"

#include <algorithm>

#include "base/toml.h"

namespace retort {

Result<EvalFile> load_eval_file(const Path& path) {
  const Json json = RETORT_TRY(parse_toml(RETORT_TRY(read_file(path)), path.string()));
  EvalFile file;
  if (Result<void> read = read_fields(json, file, ""); !read)
    return Error{read.error().code, format("{}: {}", path.string(), read.error().message)};
  return file;
}

EvalFile eval_file_of_run(const RunFile& run) {
  EvalFile file;
  file.judge = filled(run.referee, run.teacher);
  file.reference = run.teacher;
  file.student = run.student;
  file.budget = run.budget;
  file.practice = run.practice;
  file.seed = run.recipe.seed;
  return file;
}

EvalEndpoints::EvalEndpoints(const EvalFile& file, RunStore& store,
                             std::function<void(const std::string&)> say)
    : file_(file),
      store_(store),
      say_(std::move(say)),
      transport_(make_curl_transport(
          std::max({file.model.concurrency, file.judge.concurrency, file.reference.concurrency, 1}))) {}

const std::string& EvalEndpoints::practice_url() {
  if (!practice_) {
    practice_ = or_throw(practice::TeacherServer::start(file_.practice, "127.0.0.1", 0));
    practice_url_ = practice_->base_url();
    say_("\"practice\" is the practice teacher: rule-based, no LLM");
  }
  return practice_url_;
}

std::unique_ptr<Chat> EvalEndpoints::chat(const std::string& name, const EndpointSection& section,
                                          std::function<void(size_t, size_t)> progress) {
  const std::string practice = section.base_url == "practice" ? practice_url() : "";
  EndpointOptions options = endpoint_options(name, section, practice, file_.seed);
  // Whose answers are compared must not be answered for by another server's model of the same name: a call's
  // key holds the endpoint's name.
  if (name != "judge") options.name = format("{} {}", name, section.base_url);
  if (file_.budget.money > 0) options.money_max = to_billionths(file_.budget.money);
  std::unique_ptr<Chat> chat = make_chat(options, store_, *transport_, system_clock());
  chat->progress = std::move(progress);
  return chat;
}

}  // namespace retort
