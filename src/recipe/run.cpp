#include "recipe/run.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "data/rows.h"
#include "pool/local_classifier.h"
#include "practice/base.h"
#include "recipe/endpoints.h"
#include "recipe/frozen.h"
#include "recipe/hub.h"
#include "recipe/practice_link.h"
#include "recipe/recipe.h"
#include "recipe/sandbox.h"

namespace retort {
namespace {

void distil(Arm& arm, const RecipeSection& options) {
  if (options.name == "lion") return distil_lion(arm, options);
  if (options.name == "votes") return distil_votes(arm, options);
  if (options.name == "tapir") return distil_tapir(arm, options);
  if (options.name == "lion-tapir") return distil_lion_tapir(arm, options);
  if (options.name == "orca") return distil_orca(arm, options);
  if (options.name == "self-instruct") return distil_self_instruct(arm, options);
  if (options.name == "evol-instruct") return distil_evol_instruct(arm, options);
  distil_imitation(arm, options);  // and balanced, and ekt
}

void set_kind(Instruction& instruction, std::string_view kind, KindSource source,
              std::optional<double> confidence) {
  instruction.kind = kind;
  instruction.kind_source = kind.empty() ? KindSource::Unknown : source;
  instruction.kind_confidence = confidence;
}

// Asks the classifier for the kinds; one that it does not say, or not surely enough, is unknown.
void label_kinds(Classifier& classifier, double confidence_min, std::span<Instruction> instructions) {
  std::vector<std::string_view> texts;
  for (const Instruction& instruction : instructions) texts.push_back(instruction.text);
  const std::vector<Result<TaskGuess>> guesses = classifier.classify(texts);
  for (size_t i = 0; i < guesses.size(); ++i) {
    if (!guesses[i]) {
      set_kind(instructions[i], "", KindSource::Unknown, {});
      continue;
    }
    const std::optional<double> confidence = guesses[i]->confidence;
    const bool sure = confidence_min == 0 || confidence.value_or(0) >= confidence_min;
    set_kind(instructions[i], sure ? guesses[i]->label->name : "", KindSource::Classifier, confidence);
  }
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

void export_student(Workshop& shop, const RunHooks& hooks) {
  if (shop.store.begin_stage("export") == RunStore::Begin::AlreadyFinished) return;
  const int round = exported_round(shop.file, shop.store);
  const Path checkpoint = shop.folder / "checkpoints" / format("imitate_{}", round);
  std::unique_ptr<Student> student = shop.open_student(checkpoint);
  or_throw(student->save(shop.folder / "export", shop.file.export_.precision));
  if (const std::string& type = shop.file.export_.gguf; !type.empty())
    hooks.write_gguf(checkpoint, type, shop.folder / "export" / "model.gguf");
  Json note = Json::object();
  note.set("round", round)
      .set("which", shop.file.export_.which)
      .set("precision", shop.file.export_.precision);
  shop.store.finish_stage("export", {}, note);
}

Result<LocalClassifier> train_classifier(const std::string& path, uint64_t seed) {
  std::vector<LabelledText> rows;
  RETORT_TRY(read_rows(
      path,
      [&](const DataRow& row) {
        if (!row.kind.empty()) rows.push_back({row.instruction, row.kind});
      },
      [](const BadRow& bad) { log_warning("{}", bad.message); }));
  return LocalClassifier::train(rows, {.seed = seed});
}

bool wants_sandbox(const AnswersSection& answers) {
  return std::find(answers.checks.begin(), answers.checks.end(), "run") != answers.checks.end();
}

// A first start that ended before its first stage, for want of a key or a model: the run file may be mended.
bool nothing_done(const Path& folder) {
  if (!std::filesystem::exists(folder / "run.db")) return true;
  Result<std::unique_ptr<RunStore>> store = RunStore::open(folder, StoreMode::Read);
  if (!store) return false;
  const std::vector<StageRecord> stages = (*store)->stages();
  return stages.empty() || (stages.size() == 1 && stages[0].name == "run");
}

void freeze_or_mend(const RunFile& file, const Path& folder) {
  Result<void> frozen = freeze(file, folder);
  if (!frozen && frozen.error().code == ErrorCode::Mismatch && nothing_done(folder))
    frozen = freeze_anew(file, folder);
  or_throw(frozen);
}

bool finished_already(const Path& folder) {
  if (!std::filesystem::exists(folder / "run.db")) return false;
  Result<std::unique_ptr<RunStore>> store = RunStore::open(folder, StoreMode::Read);
  // Of an older version, or killed while it was set up: opening to write mends that, or says what is wrong.
  if (!store) return false;
  const std::optional<StageRecord> whole = or_throw(std::move(store))->stage("run");
  return whole && whole->finished;
}

// Whoever watches sees the bill too.
std::function<void(const StageProgress&)> with_bill(const RunHooks& hooks, RunStore& store,
                                                    const std::string& currency) {
  if (!hooks.progress) return {};
  return [&hooks, &store, &currency](StageProgress progress) {
    int64_t spent = 0;
    for (const auto& [role, totals] : store.call_totals()) spent += totals.cost;
    if (spent > 0) progress.spent = money_text(spent, currency);
    hooks.progress(progress);
  };
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
  if (wants_sandbox(file.answers) && !sandbox_works())
    throw RunError(ErrorCode::InvalidArgument,
                   "answers.checks has run, which needs bubblewrap with user namespaces and "
                   "/usr/bin/python3; install them (apt install bubblewrap), or leave run out");
  freeze_or_mend(file, folder);
  if (finished_already(folder)) return RunEnd::WasFinished;

  std::unique_ptr<RunStore> store = or_throw(RunStore::open(folder, StoreMode::Write, hooks.clock));
  if (store->begin_stage("run") == RunStore::Begin::AlreadyFinished) return RunEnd::WasFinished;
  const Path base = or_throw(file.student.base == "practice" ? practice::practice_base_folder()
                                                             : resolve_model(file.student.base, hooks.say));
  Endpoints endpoints(file, *store, hooks.clock, hooks.make_transport(4 * file.teacher.concurrency),
                      hooks.say);
  Workshop shop{.file = file,
                .store = *store,
                .folder = folder,
                .teacher = endpoints.teacher(),
                .referee = endpoints.referee(),
                .drafts = endpoints.drafts(),
                .open_student =
                    [&](const Path& from) {
                      StudentOptions options = file.student;
                      options.seed = file.recipe.seed;
                      return hooks.open_student(from, options, file.student.sampling);
                    },
                .base_folder = base,
                .give_kind = give_kind,
                .progress = with_bill(hooks, *store, file.budget.currency),
                .rewriter = endpoints.rewriter()};
  if (Classifier* classifier = endpoints.classifier())
    shop.label = [classifier, &file](std::span<Instruction> instructions) {
      label_kinds(*classifier, file.data.kind_confidence, instructions);
    };
  std::optional<LocalClassifier> local;
  if (file.data.kinds == "local") {
    local.emplace(or_throw(train_classifier(file.data.kind_rows, file.recipe.seed)));
    shop.label = [&local, &file](std::span<Instruction> instructions) {
      for (Instruction& instruction : instructions) {
        const LocalClassifier::Guess guess = local->classify(instruction.text);
        const bool sure = guess.confidence >= file.data.kind_confidence;
        set_kind(instruction, sure ? guess.label : "", KindSource::Local, guess.confidence);
      }
    };
  }
  shop.ahead = hooks.ahead;
  shop.open_scorer = [&](const Path& from) {
    StudentOptions options = file.student;
    options.seed = file.recipe.seed;
    return hooks.open_scorer(from, options);
  };
  shop.sample = [&](std::span<const Instruction> asked, int64_t index) {
    return endpoints.teacher().sample(asked, index);
  };
  if (file.recipe.name == "orca" || file.answers.explained)
    shop.explainer = [&](int stage) -> Explainer& { return *endpoints.explainer(stage); };
  {
    Arm arm(shop, "");
    distil(arm, file.recipe);
  }
  export_student(shop, hooks);
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
