#include "recipe/run.h"

#include <cstdlib>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "practice/base.h"
#include "practice/teacher.h"
#include "recipe/frozen.h"
#include "recipe/practice_link.h"
#include "recipe/recipe.h"
#include "roles/teacher.h"

namespace retort {
namespace {

std::string key_from_environment(const EndpointSection& section, std::string_view role) {
  if (section.key_env.empty()) return "";
  const char* key = std::getenv(section.key_env.c_str());
  if (key == nullptr || *key == '\0')
    throw RunError(ErrorCode::Unauthorized,
                   format("{}.key_env names {}, which is not set; export {}=your-key and run again", role,
                          section.key_env, section.key_env));
  return key;
}

// A section with what it leaves empty taken from the teacher's.
EndpointSection filled(EndpointSection section, const EndpointSection& teacher) {
  if (section.base_url.empty()) {
    section.base_url = teacher.base_url;
    if (section.key_env.empty()) section.key_env = teacher.key_env;
    if (section.model.empty()) section.model = teacher.model;
  }
  return section;
}

// The three roles, their endpoints and, when the run asks for it, the practice teacher behind them.
class Endpoints {
 public:
  Endpoints(const RunFile& file, RunStore& store, const RunHooks& hooks)
      : file_(file), transport_(make_curl_transport(4 * file.teacher.concurrency)), store_(store) {
    const EndpointSection referee = filled(file.referee, file.teacher),
                          generator = filled(file.generator, file.teacher);
    for (const EndpointSection* section : {&file.teacher, &referee, &generator})
      if (section->base_url == "practice" && !practice_) start_practice(hooks);
    teacher_chat_ = chat("teacher", file.teacher);
    referee_chat_ = chat("referee", referee);
    generator_chat_ = chat("generator", generator);
    teacher_.emplace(*teacher_chat_, or_throw(Prompt::load(file.teacher.prompt, "teacher")),
                     sampling(file.teacher));
    referee_.emplace(*referee_chat_, or_throw(Prompt::load(file.referee.prompt, "referee")),
                     sampling(file.referee), file.recipe.seed);
    generator_.emplace(*generator_chat_, or_throw(Prompt::load(file.generator.prompt, "generate_hard")),
                       or_throw(Prompt::load(file.generator.prompt_rarer, "generate_easy")),
                       Generator::Options{.temperature = file.generator.temperature,
                                          .top_p = file.generator.top_p,
                                          .tokens_per_seed_word = file.generator.tokens_per_seed_word,
                                          .tokens_min = file.generator.tokens_min});
  }

  Teacher& teacher() { return *teacher_; }
  Referee& referee() { return *referee_; }
  Generator& generator() { return *generator_; }

 private:
  void start_practice(const RunHooks& hooks) {
    practice_ = or_throw(practice::TeacherServer::start(file_.practice, "127.0.0.1", 0));
    if (hooks.say) hooks.say("the teacher is the practice teacher: rule-based, no LLM");
  }
  std::unique_ptr<Chat> chat(const std::string& name, const EndpointSection& section) {
    EndpointOptions options{
        .name = name,
        .base_url = section.base_url == "practice" ? practice_->base_url() : section.base_url,
        .model = section.model,
        .key = key_from_environment(section, name),
        .concurrency_max = section.concurrency,
        .timeout_ms = static_cast<int64_t>(section.timeout_s * 1'000),
        .attempts_max = section.attempts,
        .seed = file_.recipe.seed};
    return make_chat(options, store_, *transport_, system_clock());
  }
  static ChatSampling sampling(const EndpointSection& section) {
    return {.temperature = section.temperature, .top_p = section.top_p, .tokens_max = section.tokens_max};
  }

  const RunFile& file_;
  std::unique_ptr<practice::TeacherServer> practice_;
  std::unique_ptr<HttpTransport> transport_;
  RunStore& store_;
  std::unique_ptr<Chat> teacher_chat_, referee_chat_, generator_chat_;
  std::optional<Teacher> teacher_;
  std::optional<Referee> referee_;
  std::optional<Generator> generator_;
};

void distil(Arm& arm, const RecipeSection& options) {
  if (options.name == "lion") return distil_lion(arm, options);
  if (options.name == "votes") return distil_votes(arm, options);
  distil_imitation(arm, options);
}

// The round whose student the user gets: least held-out loss, or the last.
int exported_round(const RunFile& file, RunStore& store) {
  int best = file.recipe.rounds;
  if (file.export_.which == "last") return best;
  std::optional<double> least;
  for (int round = 0; round <= file.recipe.rounds; ++round) {
    const std::map<std::string, double> metrics = store.metrics(format("evaluate_{}", round));
    auto loss = metrics.find("heldout_loss");
    if (loss == metrics.end() || (least && loss->second >= *least)) continue;
    least = loss->second;
    best = round;
  }
  return best;
}

void export_student(Workshop& shop) {
  if (shop.store.begin_stage("export") == RunStore::Begin::AlreadyFinished) return;
  const int round = exported_round(shop.file, shop.store);
  std::unique_ptr<Student> student =
      shop.open_student(shop.folder / "checkpoints" / format("imitate_{}", round));
  or_throw(student->save(shop.folder / "export", shop.file.export_.precision));
  Json note = Json::object();
  note.set("round", round)
      .set("which", shop.file.export_.which)
      .set("precision", shop.file.export_.precision);
  shop.store.finish_stage("export", {}, note);
}

bool finished_already(const Path& folder) {
  if (!std::filesystem::exists(folder / "run.db")) return false;
  std::unique_ptr<RunStore> store = or_throw(RunStore::open(folder, StoreMode::Read));
  const std::optional<StageRecord> whole = store->stage("run");
  return whole && whole->finished;
}

Json run_note(const RunFile& file) {
  Json note = Json::object();
  note.set("recipe", file.recipe.name)
      .set("control", file.recipe.control.empty() ? Json() : Json(file.recipe.control));
  note.set("teacher_model", file.teacher.model).set("practice_teacher", file.teacher.base_url == "practice");
  note.set("threshold", file.recipe.threshold).set("rounds", file.recipe.rounds);
  return note;
}

}  // namespace

RunEnd run(const RunFile& file, const Path& folder, const RunHooks& hooks) {
  or_throw(freeze(file, folder));
  if (finished_already(folder)) return RunEnd::WasFinished;

  std::unique_ptr<RunStore> store = or_throw(RunStore::open(folder, StoreMode::Write));
  store->begin_stage("run");
  const Path base =
      file.student.base == "practice" ? or_throw(practice::practice_base_folder()) : Path(file.student.base);
  Endpoints endpoints(file, *store, hooks);
  Workshop shop{.file = file,
                .store = *store,
                .folder = folder,
                .teacher = endpoints.teacher(),
                .referee = endpoints.referee(),
                .generator = endpoints.generator(),
                .open_student =
                    [&](const Path& from) {
                      StudentOptions options = file.student;
                      options.seed = file.recipe.seed;
                      return hooks.open_student(from, options, file.student.sampling);
                    },
                .base_folder = base,
                .kind_of = kind_of_written,
                .progress = hooks.progress};
  {
    Arm arm(shop, "");
    distil(arm, file.recipe);
  }
  export_student(shop);
  if (!file.recipe.control.empty()) {
    RecipeSection control = file.recipe;
    control.name = file.recipe.control;
    control.selection.clear();
    Arm arm(shop, "control/");
    distil(arm, control);
  }
  store->finish_stage("run", {}, run_note(file));
  return RunEnd::Finished;
}

}  // namespace retort
