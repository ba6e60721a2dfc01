// `retort data score`: how hard rows are for a model, by measures that cost no call (loss, IFD, reversed IFD,
// a tiny model's IFD, pass rate); or, of a run, the same beside the gaps that its referee found, with the
// rank correlation of all of them and the share of referee calls that each would have saved.
#include <algorithm>
#include <cmath>

#include "cli/data_commands.h"
#include "cli/rows_io.h"
#include "pool/difficulty.h"
#include "recipe/answer_check.h"
#include "recipe/frozen.h"
#include "recipe/hub.h"
#include "recipe/prior.h"
#include "store/run_store.h"
#include "student/response_fit.h"

namespace retort {
namespace {

struct ScoreArguments {
  std::string source, model, tiny, chat_template = "own", out;
  int64_t round = 1, samples = 0, threads = 0, rows_max = 0, seed = 1;
  double temperature = 0.7, threshold = 1.0;
};

// A row to be measured, and what is known of it by now.
struct ScoredRow {
  Example example;
  std::string kind;
  RowMeasures measures;
};

StudentOptions options_of(const ScoreArguments& arguments, const std::string& chat_template) {
  StudentOptions options;
  options.chat_template = chat_template;
  options.threads = static_cast<int>(std::clamp<int64_t>(arguments.threads, 0, 2'000));
  options.seed = static_cast<uint64_t>(arguments.seed);
  return options;
}

std::unique_ptr<ResponseScorer> open_scorer(const std::string& name, const ScoreArguments& arguments,
                                            const std::string& chat_template) {
  return or_throw(ResponseScorer::open(or_throw(resolve_model(name)), options_of(arguments, chat_template)));
}

bool fits(ResponseScorer& student, const Example& example) {
  return !example.response.empty() &&
         student.count_tokens(example.instruction, example.response) <= student.context();
}

// Adds what `measure` makes of each fit; rows that do not fit in the context get nothing.
template <class Measure>
void measure_fits(ResponseScorer& student, std::vector<ScoredRow>& rows, const Measure& measure,
                  const std::function<Example(const Example&)>& view) {
  constexpr size_t kAtOnce = 256;
  for (size_t begin = 0; begin < rows.size(); begin += kAtOnce) {
    std::vector<Example> examples;
    std::vector<ScoredRow*> of;
    for (size_t i = begin; i < std::min(begin + kAtOnce, rows.size()); ++i) {
      Example example = view(rows[i].example);
      if (!fits(student, example)) continue;
      examples.push_back(std::move(example));
      of.push_back(&rows[i]);
    }
    const std::vector<ResponseFit> found = student.fit(examples);
    for (size_t i = 0; i < found.size(); ++i) measure(found[i], of[i]->measures);
  }
}

void measure_model(ResponseScorer& student, std::vector<ScoredRow>& rows) {
  measure_fits(
      student, rows,
      [](const ResponseFit& fit, RowMeasures& measures) {
        measures["loss"] = fit.loss;
        measures["uncertainty"] = uncertainty(fit.loss);
        if (!fit.has_ifd()) return;
        measures["nll_after_prompt"] = fit.after_prompt;
        measures["nll_alone"] = fit.alone;
        measures["ifd"] = fit.ifd();
        measures["ifd_perplexity"] = std::exp(fit.after_prompt - fit.alone);
        measures["tokens"] = static_cast<double>(fit.tokens);
      },
      [](const Example& example) { return example; });
  measure_fits(
      student, rows,
      [](const ResponseFit& fit, RowMeasures& measures) {
        if (fit.has_ifd()) measures["r_ifd"] = fit.ifd();
      },
      [](const Example& example) {
        return Example{example.id, example.response, example.instruction};
      });
}

// p(1-p) of its own samples against the row's answer.
void measure_pass_rate(const ScoreArguments& arguments, std::vector<ScoredRow>& rows) {
  const int64_t samples = arguments.samples;
  std::vector<Instruction> asked(rows.size());
  std::vector<int64_t> passed(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) asked[i].text = rows[i].example.instruction;
  for (int64_t sample = 0; sample < samples; ++sample) {
    // Another seed is another draw.
    ScoreArguments drawn = arguments;
    drawn.seed += sample;
    auto student =
        or_throw(Student::open(or_throw(resolve_model(drawn.model)), options_of(drawn, drawn.chat_template)));
    student->sampling() = {.temperature = drawn.temperature, .tokens_max = 512};
    const std::vector<Result<Answer>> answers = student->answer(asked);
    for (size_t i = 0; i < rows.size(); ++i)
      passed[i] += answers[i] && agrees_with_gold(answers[i]->text, rows[i].example.response) ? 1 : 0;
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].measures["pass_rate"] = static_cast<double>(passed[i]) / static_cast<double>(samples);
    rows[i].measures["frontier"] = frontier_weight(passed[i], samples);
  }
}

std::vector<ScoredRow> rows_of_file(const ScoreArguments& arguments) {
  std::vector<ScoredRow> rows;
  for (DataRow& row : read_all_rows(arguments.source)) {
    if (!row.has_output || row.output.empty()) continue;
    if (arguments.rows_max > 0 && static_cast<int64_t>(rows.size()) >= arguments.rows_max) break;
    const auto id = static_cast<int64_t>(rows.size()) + 1;
    rows.push_back({{id, std::move(row.instruction), std::move(row.output)}, std::move(row.kind), {}});
  }
  return rows;
}

// What the referee judged in that round, with its gap and how far both answers are from each other.
std::vector<ScoredRow> rows_of_run(const ScoreArguments& arguments) {
  auto store = or_throw(RunStore::open(arguments.source, StoreMode::Read));
  const std::string judge = format("judge_{}", arguments.round),
                    answer = format("answer_{}", arguments.round);
  std::map<int64_t, std::vector<Verdict>> verdicts;
  for (Verdict& verdict : store->verdicts(judge))
    verdicts[verdict.instruction_id].push_back(std::move(verdict));
  std::vector<int64_t> ids;
  for (const auto& [id, both] : verdicts) ids.push_back(id);
  const std::map<int64_t, Answer> teacher = store->teacher_answers(ids),
                                  student = store->answers(answer, ids);
  std::vector<ScoredRow> rows;
  for (const Instruction& instruction : store->instructions(ids)) {
    std::optional<Verdict> by_order[2];
    for (const Verdict& verdict : verdicts[instruction.id])
      by_order[verdict.order == Order::TeacherFirst ? 0 : 1] = verdict;
    const auto gap = combine(instruction.id, by_order[0], by_order[1]).gap();
    if (!gap || !teacher.contains(instruction.id)) continue;
    const std::string& taught = teacher.at(instruction.id).text;
    ScoredRow& row =
        rows.emplace_back(ScoredRow{{instruction.id, instruction.text, taught}, instruction.kind, {}});
    row.measures["gap"] = *gap;
    if (student.contains(instruction.id))
      row.measures["disagreement"] = disagreement(taught, student.at(instruction.id).text);
  }
  if (rows.empty())
    throw RunError(ErrorCode::InvalidArgument,
                   format("{} has no judged instruction in round {}", arguments.source, arguments.round));
  return rows;
}

int score(ScoreArguments arguments) {
  const bool is_run = std::filesystem::is_directory(arguments.source);
  if (is_run && arguments.model.empty()) {
    arguments.model =
        (Path(arguments.source) / "checkpoints" / format("imitate_{}", arguments.round - 1)).string();
    arguments.chat_template = or_throw(load_frozen(arguments.source)).student.chat_template;
  }
  if (arguments.model.empty())
    throw RunError(ErrorCode::InvalidArgument,
                   "--model is missing; name the model whose difficulty is measured");
  std::vector<ScoredRow> rows = is_run ? rows_of_run(arguments) : rows_of_file(arguments);
  {
    auto student = open_scorer(arguments.model, arguments, arguments.chat_template);
    measure_model(*student, rows);
  }
  if (arguments.samples > 0) measure_pass_rate(arguments, rows);
  if (!arguments.tiny.empty()) {
    auto tiny = open_scorer(arguments.tiny, arguments, "own");
    measure_fits(
        *tiny, rows,
        [](const ResponseFit& fit, RowMeasures& measures) {
          if (fit.has_ifd()) measures["tiny_ifd"] = fit.ifd();
        },
        [](const Example& example) { return example; });
  }
  LineWriter writer(arguments.out);
  std::vector<RowMeasures> columns;
  for (const ScoredRow& row : rows) {
    Json line = Json::object().set("id", row.example.id).set("instruction", row.example.instruction);
    if (!row.kind.empty()) line.set("kind", row.kind);
    for (const auto& [name, value] : row.measures) line.set(name, value);
    // So few tokens make a ratio that says little (specs of IFD: eight).
    if (const auto tokens = row.measures.find("tokens"); tokens != row.measures.end() && tokens->second < 8)
      line.set("short_answer", true);
    writer.write(line);
    columns.push_back(row.measures);
  }
  writer.finish();
  for (RowMeasures& row : columns)
    for (const char* no_measure : {"tokens", "nll_after_prompt", "nll_alone"}) row.erase(no_measure);
  std::fputs(difficulty_report(columns, arguments.threshold).c_str(), stderr);
  return 0;
}

}  // namespace

Command data_score_command() {
  static ScoreArguments a;
  return {
      .name = "data score",
      .doc = "How hard rows are for a model; of a run, beside what its referee found",
      .flags = {{"source", "a file of rows with outputs, or a run folder", &a.source, Flag::Need::Required},
                {"--model", "a model folder, GGUF file or hub name; a run: its student before that round",
                 &a.model},
                {"--template", "the model's chat template; own: its own", &a.chat_template},
                {"--tiny", "a smaller model, for its IFD beside", &a.tiny},
                {"--round", "of the run", &a.round},
                {"--threshold", "of a run: hard when the gap is at least this", &a.threshold},
                {"--samples", "answers of the model to each row, for its pass rate; 0: none", &a.samples},
                {"--temperature", "of these", &a.temperature},
                {"--rows", "the first so many; 0: all", &a.rows_max},
                {"--seed", "of the random streams", &a.seed},
                {"--threads", "processor threads; 0: one a core", &a.threads},
                {"--out", "a file; default: standard output", &a.out}},
      .run = [] { return score(a); }};
}

}  // namespace retort
