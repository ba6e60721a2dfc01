// `retort eval MODEL --suite ...`: the benchmarks of the papers, on a model folder, a run or an endpoint
// (docs/evaluation.md). Answers and judgements are kept in a folder of their own; the same command again goes
// on, and asks nothing twice.
#include <unistd.h>

#include <cstdio>

#include "base/log.h"
#include "cli/command.h"
#include "cli/eval_file.h"
#include "cli/eval_questions.h"
#include "cli/eval_subject.h"
#include "eval/evaluate.h"

namespace retort {
namespace {

struct EvalFlags {
  std::string model, data = "eval-data", dir, file, judge, judge_model, judge_key_env, judge_prompts,
                     reference, reference_model, reference_key_env, reference_answers, model_name, key_env,
                     chat_template, name;
  std::vector<std::string> suites, train;
  bool list = false, json = false;
  int64_t limit = 0, tokens_max = 0, evidences = 3, threads = -2, practice_per_kind = 12;
};

int list_suites() {
  for (const Suite& suite : suites())
    std::printf("%-14s %s%s\n", std::string(suite.name).c_str(), std::string(suite.doc).c_str(),
                suite.data.empty() ? "" : format("  [{}]", suite.data).c_str());
  return 0;
}

void take_endpoint(EndpointSection& section, const std::string& url, const std::string& model,
                   const std::string& key_env) {
  if (!url.empty()) {
    const EndpointSection fresh;
    section.base_url = url;
    section.provider = fresh.provider;
    section.key_env.clear();
    section.model = url == "practice" ? "practice" : "";
  }
  if (!model.empty()) section.model = model;
  if (!key_env.empty()) section.key_env = key_env;
}

EvalFile endpoints_of(const EvalFlags& flags, const EvalSubject& subject) {
  EvalFile file = subject.run ? eval_file_of_run(*subject.run) : EvalFile{};
  if (!flags.file.empty()) file = or_throw(load_eval_file(flags.file));
  take_endpoint(file.judge, flags.judge, flags.judge_model, flags.judge_key_env);
  take_endpoint(file.reference, flags.reference, flags.reference_model, flags.reference_key_env);
  if (subject.kind == EvalSubject::Kind::Address)
    take_endpoint(file.model, subject.text, flags.model_name, flags.key_env);
  // A folder of one's own is asked in its own template, a run's student in that of its run file.
  if (!subject.run && flags.file.empty()) file.student.chat_template = "own";
  if (!flags.chat_template.empty()) file.student.chat_template = flags.chat_template;
  if (flags.threads != -2) file.student.threads = static_cast<int>(flags.threads);
  for (const auto& [role, section] :
       {std::pair{"model", &file.model}, {"judge", &file.judge}, {"reference", &file.reference}})
    if (!section->base_url.empty() && section->model.empty())
      throw RunError(
          ErrorCode::InvalidArgument,
          format("the {}'s address is {}, but its model has no name; give {}", role, section->base_url,
                 role == std::string("model") ? "--model-name" : format("--{}-model", role)));
  return file;
}

// Two servers may call different models by one name.
std::string identity_of(const EndpointSection& section) {
  return format("{} at {}", section.model, section.base_url);
}

std::string file_name_of(const std::string& text) {
  std::string name;
  for (char c : text)
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' ? c : '_';
  while (name.starts_with('_') || name.starts_with('.')) name.erase(0, 1);
  return name.empty() ? "model" : name;
}

// All that the suites of one command share.
class Evaluation {
 public:
  Evaluation(const EvalFlags& flags, EvalSubject subject)
      : flags_(flags), subject_(std::move(subject)), file_(endpoints_of(flags, subject_)) {
    // What is found of a run lies in it, for its report.
    dir_ = !flags.dir.empty() ? Path(flags.dir)
           : subject_.run     ? Path(subject_.text) / "evals"
                              : Path("evals");
  }

  int run() {
    std::vector<const Suite*> chosen;
    for (const std::string& name : flags_.suites) chosen.push_back(or_throw(find_suite(name)));
    // What is missing is said before anything is paid for.
    std::vector<std::vector<EvalQuestion>> questions;
    for (const Suite* suite : chosen) questions.push_back(questions_of(*suite));
    store_ = or_throw(RunStore::open(dir_, StoreMode::Write));
    endpoints_ =
        std::make_unique<EvalEndpoints>(file_, *store_, [this](const std::string& line) { say(line); });
    open();
    Json all = Json::array();
    for (size_t i = 0; i < chosen.size(); ++i) {
      Suite suite = *chosen[i];
      if (flags_.tokens_max > 0) suite.tokens_max = flags_.tokens_max;
      const EvalReport report = evaluate_one(suite, questions[i]);
      const Path out = dir_ / "results" / format("{}__{}.json", suite.name, file_name_of(name_));
      or_throw(write_file_atomic(out, report_json(report).dump(1) + "\n"));
      clear();
      if (flags_.json)
        all.push(report_json(report));
      else
        std::printf("%s  written to %s\n\n", report_text(report).c_str(), out.c_str());
    }
    if (flags_.json)
      std::printf("%s\n", all.dump(1).c_str());
    else if (subject_.run && flags_.dir.empty())
      std::printf("  `retort report %s` writes them into its report\n", subject_.text.c_str());
    return 0;
  }

 private:
  std::vector<EvalQuestion> questions_of(const Suite& suite) const {
    if (suite.read == nullptr)
      return spread(practice_questions(flags_.practice_per_kind, file_.seed), flags_.limit);
    Result<std::vector<EvalQuestion>> read = suite.read(flags_.data);
    if (!read && read.error().code == ErrorCode::NotFound)
      throw RunError(ErrorCode::NotFound,
                     format("{}: {}; name the folder with --data, or `retort eval fetch {} --data {}`",
                            suite.name, read.error().message, suite.name, flags_.data));
    return spread(or_throw(std::move(read)), flags_.limit);
  }

  void open() {
    name_ = !flags_.name.empty() ? flags_.name : subject_.text;
    auto told = [this](const char* role) {
      return [this, role](size_t done, size_t all) { show(role, done, all); };
    };
    if (subject_.kind == EvalSubject::Kind::Address) {
      model_chat_ = endpoints_->chat("model", file_.model, told("model"));
      if (flags_.name.empty()) name_ = file_.model.model;
      model_ = make_chat_respondent(*model_chat_, identity_of(file_.model));
    } else {
      student_ = or_throw(open_student_subject(subject_.folder, file_.student));
      model_ = std::move(student_.respondent);
    }
    if (!file_.judge.base_url.empty()) {
      judge_chat_ = endpoints_->chat("judge", file_.judge, told("judge"));
      judge_ = std::make_unique<Judge>(or_throw(Judge::open(*judge_chat_, flags_.judge_prompts, file_.seed)));
    }
    if (!flags_.reference_answers.empty()) {
      given_ = or_throw(read_given_answers(flags_.reference_answers));
    } else if (!file_.reference.base_url.empty()) {
      reference_chat_ = endpoints_->chat("reference", file_.reference, told("reference"));
      reference_ = make_chat_respondent(*reference_chat_, identity_of(file_.reference));
    }
    if (const Path gamed = Path(flags_.data) / "df_gamed.csv"; std::filesystem::exists(gamed))
      alpaca_ = or_throw(read_alpaca_files(gamed));
  }

  EvalReport evaluate_one(const Suite& suite, const std::vector<EvalQuestion>& questions) {
    stage_ = suite.name;
    EvalWork work{.store = *store_, .model = *model_, .model_name = name_};
    work.judge = judge_.get();
    work.judge_name = file_.judge.model;
    work.reference = reference_.get();
    work.reference_name = given_ ? flags_.reference_answers : file_.reference.model;
    work.given_reference = given_ ? &*given_ : nullptr;
    work.alpaca = alpaca_ ? &*alpaca_ : nullptr;
    work.evidences = flags_.evidences;
    work.progress = [this](const std::string& stage, size_t done, size_t all) { show(stage, done, all); };
    EvalReport report = evaluate(suite, questions, work);
    report.contamination =
        contamination_of(questions, flags_.train, subject_.run ? Path(subject_.text) : Path());
    return report;
  }

  void say(const std::string& line) {
    clear();
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  void show(std::string_view what, size_t done, size_t all) {
    if (::isatty(2) == 0) return;
    std::fprintf(stderr, "\r\x1b[K%s %s %zu of %zu", std::string(stage_).c_str(), std::string(what).c_str(),
                 done, all);
    moving_ = true;
  }
  void clear() {
    if (moving_) std::fprintf(stderr, "\r\x1b[K");
    moving_ = false;
  }

  const EvalFlags& flags_;
  EvalSubject subject_;
  EvalFile file_;
  Path dir_;
  std::unique_ptr<RunStore> store_;
  std::unique_ptr<EvalEndpoints> endpoints_;
  std::unique_ptr<Chat> model_chat_, judge_chat_, reference_chat_;
  OpenedStudent student_;
  std::unique_ptr<Respondent> model_, reference_;
  std::unique_ptr<Judge> judge_;
  std::optional<GivenAnswers> given_;
  std::optional<AlpacaFiles> alpaca_;
  std::string name_;
  std::string_view stage_;
  bool moving_ = false;
};

void check_flags(const EvalFlags& flags) {
  auto refuse = [](std::string message) { throw RunError(ErrorCode::InvalidArgument, std::move(message)); };
  if (flags.model.empty())
    refuse("no model is named; give a folder, a run or an address, or --list to see the suites");
  if (flags.suites.empty())
    refuse("no suite is named; give --suite NAME[,NAME], `retort eval --list` names them");
  if (flags.limit < 0) refuse(format("--limit is {}; 0 asks all questions", flags.limit));
  if (flags.tokens_max < 0) refuse(format("--tokens-max is {}; 0 is the suite's own", flags.tokens_max));
  if (flags.evidences < 0 || flags.evidences > 32)
    refuse(format("--evidences is {}; it must be from 0 to 32", flags.evidences));
  if (flags.practice_per_kind < 1 || flags.practice_per_kind > 1'000)
    refuse(format("--practice-per-kind is {}; it must be from 1 to 1000", flags.practice_per_kind));
}

}  // namespace

Command eval_command() {
  static EvalFlags flags;
  return {
      .name = "eval",
      .doc = "Evaluate a model on the papers' benchmarks, with intervals",
      .flags =
          {{"model", "a model folder, GGUF file, hub name, run folder, or an endpoint's address",
            &flags.model},
           {"--suite", "which benchmarks, with commas between them", &flags.suites},
           {"--list", "name the suites and the files that they read", &flags.list},
           {"--data", "the folder of the official files (default: eval-data)", &flags.data},
           {"--dir",
            "where answers, judgements and results are kept (default: evals, of a run in its folder)",
            &flags.dir},
           {"--file", "a TOML file with [model], [judge], [reference], [student], [budget]", &flags.file},
           {"--name", "the model's name in the results (default: as it is given)", &flags.name},
           {"--limit", "so many questions of each suite, spread evenly; 0: all", &flags.limit},
           {"--tokens-max", "most tokens of an answer; 0: the suite's own", &flags.tokens_max},
           {"--model-name", "the model's name at its endpoint", &flags.model_name},
           {"--key-env", "the environment variable with its key", &flags.key_env},
           {"--template", "of a model folder: own, practice, lion, alpaca, vicuna, chatml ...",
            &flags.chat_template},
           {"--threads", "processor threads of a student; 0: one a core", &flags.threads},
           {"--judge", "the judge's address, or practice (a run's referee is its judge)", &flags.judge},
           {"--judge-model", "its name there", &flags.judge_model},
           {"--judge-key-env", "the environment variable with its key", &flags.judge_key_env},
           {"--judge-prompts", "a folder with judge_*.txt or referee.txt of your own", &flags.judge_prompts},
           {"--evidences", "vicuna80, setting 2: opinions in each order (FairEval: 3); 0: without it",
            &flags.evidences},
           {"--reference", "address of the model to compare with, or practice", &flags.reference},
           {"--reference-model", "its name there", &flags.reference_model},
           {"--reference-key-env", "the environment variable with its key", &flags.reference_key_env},
           {"--reference-answers", "a JSONL file of its answers instead", &flags.reference_answers},
           {"--train", "files of training rows, looked through for the questions", &flags.train},
           {"--practice-per-kind", "practice: questions of every skill and level", &flags.practice_per_kind},
           {"--json", "one JSON array for scripts", &flags.json}},
      .run = [] {
        if (flags.list) return list_suites();
        check_flags(flags);
        return Evaluation(flags, or_throw(find_subject(flags.model))).run();
      }};
}

}  // namespace retort
