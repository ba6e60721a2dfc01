#include "recipe/run_file.h"

#include <cstdlib>
#include <set>

#include "base/toml.h"
#include "recipe/hub.h"

namespace retort {
namespace {

// Values that may change when a run goes on: where things are and how fast, never what is computed.
bool may_change(std::string_view key) {
  static const std::set<std::string_view> kTails = {"base_url",
                                                    "key_env",
                                                    "concurrency",
                                                    "attempts",
                                                    "timeout_s",
                                                    "outage_s",
                                                    "stream_above",
                                                    "requests_per_minute",
                                                    "tokens_per_minute",
                                                    "tokens_in_per_minute",
                                                    "tokens_out_per_minute",
                                                    "price_in",
                                                    "price_cached_in",
                                                    "price_out",
                                                    "money",
                                                    "currency",
                                                    "device",
                                                    "threads",
                                                    "slots",
                                                    "checkpoint_every_steps"};
  size_t dot = key.rfind('.');
  return kTails.contains(dot == std::string_view::npos ? key : key.substr(dot + 1)) ||
         key.starts_with("practice.fault_");
}

void compare(const Json& a, const Json& b, const std::string& path, std::vector<std::string>& out) {
  for (const auto& [name, value] : a.members()) {
    std::string key = path.empty() ? name : path + "." + name;
    const Json* other = b.find(name);
    if (value.is_object() && other != nullptr)
      compare(value, *other, key, out);
    else if ((other == nullptr || !(*other == value)) && !may_change(key))
      out.push_back(key);
  }
}

Result<std::string> expand_environment(const std::string& text) {
  std::string out;
  size_t at = 0;
  for (size_t open; (open = text.find("${", at)) != std::string::npos;) {
    size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    std::string name = text.substr(open + 2, close - open - 2);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr)
      return Error{
          ErrorCode::InvalidArgument,
          format("the run file names ${{{}}}, which is not set; export {}=... and run again", name, name)};
    out += text.substr(at, open - at) + value;
    at = close + 1;
  }
  return out + text.substr(at);
}

// The same tree with ${NAME} expanded in every string.
Result<Json> expand(const Json& json) {
  if (json.is_string()) return Json(RETORT_TRY(expand_environment(std::string(json.string_or("")))));
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json.items()) out.push(RETORT_TRY(expand(item)));
    return out;
  }
  if (!json.is_object()) return json;
  Json out = Json::object();
  for (const auto& [name, value] : json.members()) out.set(name, RETORT_TRY(expand(value)));
  return out;
}

void make_absolute(std::string& path, const Path& folder) {
  if (!path.empty() && Path(path).is_relative()) path = (folder / path).lexically_normal().string();
}

// Every constant of specs/lion.md §9.1 (arXiv 2305.12870; README and scripts of its repository).
RunFile lion_emnlp() {
  RunFile file;
  file.recipe.replay = 0;
  file.student.sampling = {.temperature = 0.7, .top_k = 50, .top_p = 1.0, .tokens_max = 1024, .slots = 128};
  file.student.chat_template = "lion";
  file.generator.tokens_min = 0;
  file.data.answers = "ask";
  file.eval.practice_per_kind = 0;
  file.export_.which = "last";
  return file;
}

// The demo: the practice teacher, 3,000 seeds, three rounds of 1,000 (specs/practice_world.md §3-4).
RunFile demo() {
  RunFile file;
  file.recipe.control = "imitation";
  file.recipe.new_per_round = 2'500;
  file.recipe.threshold =
      1.5;  // the practice referee is noisy: an exact answer passes for hard in 2 % instead of 11 %
  file.teacher.base_url = "practice";
  file.teacher.model = "retort-practice-teacher";
  file.student.sampling.tokens_max = 24;
  file.student.threads =
      1;  // so small a model gains little from a second one, and loses much on a busy machine
  file.data.practice_rows = 3'000;
  TrainSection& train = file.train;
  train.optimizer = "muon";
  train.learning_rate = 3e-3;
  train.adamw_learning_rate = 1e-3;
  train.weight_decay = 0.1;
  train.warmup_share = 0.1;
  train.final_share = 0.05;
  train.steps = 300;
  train.round_steps = 350;
  train.round_rate = 0.7;
  train.rows_per_step = 8;
  train.row_tokens = 128;
  return file;
}

Result<void> check_one_of(const std::string& key, const std::string& value,
                          const std::vector<std::string>& allowed) {
  for (const std::string& a : allowed)
    if (a == value) return {};
  std::string list;
  for (const std::string& a : allowed)
    list += (list.empty() ? "" : ", ") + (a.empty() ? std::string("\"\"") : a);
  return Error{ErrorCode::InvalidArgument, format("{} is \"{}\"; it can be {}", key, value, list)};
}

Result<void> check_range(const std::string& key, double value, double lo, double hi) {
  if (value >= lo && value <= hi) return {};
  return Error{ErrorCode::InvalidArgument, format("{} is {}; it must be from {} to {}", key, value, lo, hi)};
}

// A folder of that name beside the run file wins over the hub.
bool is_hub_model(const std::string& base, const Path& folder) {
  std::error_code error;
  return parse_hub_name(base).has_value() && !std::filesystem::exists(folder / base, error);
}

}  // namespace

RunFile::RunFile() {
  referee.temperature = 0.2;
  referee.tokens_max = 512;
  generator.temperature = 1.0;
  classifier.temperature = 0;
  classifier.tokens_max = 160;
  rewriter.tokens_max = 2'048;
  train.optimizer = "adamw";
  train.learning_rate = 2e-5;
  train.rows_per_step = 32;  // 32 packed rows of 1,024 tokens hold about the 128 examples of Lion's batch
  train.row_tokens = 1'024;
  student.sampling.tokens_max = 1'024;
}

Result<RunFile> preset_run_file(const std::string& name) {
  if (name.empty()) return RunFile();
  if (name == "lion-emnlp") return lion_emnlp();
  if (name == "demo") return demo();
  return method_preset(name);
}

Result<RunFile> parse_run_file(const std::string& text, const std::string& file_name, const Path& folder) {
  Json json = RETORT_TRY(expand(RETORT_TRY(parse_toml(text, file_name))));
  const std::string preset(json.at_path("recipe/preset").string_or(""));
  RunFile file = preset.empty() ? recipe_run_file(std::string(json.at_path("recipe/name").string_or("")))
                                : RETORT_TRY(preset_run_file(preset));
  if (auto read = read_fields(json, file, ""); !read)
    return Error{read.error().code, format("{}: {}", file_name, read.error().message)};
  for (std::string& path : file.data.files) make_absolute(path, folder);
  for (std::string* path :
       {&file.teacher.prompt, &file.referee.prompt, &file.generator.prompt, &file.generator.prompt_rarer,
        &file.classifier.prompt, &file.rewriter.prompt, &file.orca.prompts, &file.data.kind_rows})
    make_absolute(*path, folder);
  if (file.student.base != "practice" && !is_hub_model(file.student.base, folder))
    make_absolute(file.student.base, folder);
  if (auto valid = validate(file); !valid)
    return Error{valid.error().code, format("{}: {}", file_name, valid.error().message)};
  return file;
}

Result<RunFile> load_run_file(const Path& path) {
  std::string text = RETORT_TRY(read_file(path, size_t{16} << 20));
  Path folder = std::filesystem::absolute(path).parent_path();
  return parse_run_file(text, path.string(), folder);
}

Result<void> validate(const RunFile& file) {
  const RecipeSection& r = file.recipe;
  const std::vector<std::string> recipes = {"lion", "imitation",  "balanced",      "votes",         "tapir",
                                            "orca", "lion-tapir", "self-instruct", "evol-instruct", "ekt"};
  const std::vector<std::string> selections =
      r.name == "votes" ? std::vector<std::string>{"vote_gap", "vote_pass_rate", "vote_loss",
                                                   "vote_likelihood", "vote_progress"}
      : r.name == "lion" || r.name == "imitation" || r.name == "balanced"
          ? std::vector<std::string>{"", "gap", "random", "balanced"}
          : std::vector<std::string>{""};
  for (auto result : {
           check_one_of("recipe.name", r.name, recipes),
           check_one_of("recipe.control", r.control, {"", "imitation", "balanced", "lion"}),
           check_one_of("recipe.judge_prior", r.judge_prior,
                        {"", "loss", "ifd", "uncertainty", "disagreement"}),
           check_one_of("recipe.near_duplicate_words", r.near_duplicate_words, {"rouge", "unicode"}),
           check_one_of("recipe.selection", r.selection, selections),
           check_one_of("recipe.writer", r.writer,
                        {"", "generator", "self-instruct", "alpaca", "evol-instruct"}),
           check_one_of("data.answers", file.data.answers, {"keep", "ask", "gold"}),
           check_one_of("train.optimizer", file.train.optimizer, {"muon", "adamw"}),
           check_one_of("train.schedule", file.train.schedule, {"cosine", "linear", "constant"}),
           check_one_of("export.which", file.export_.which, {"best", "last"}),
           check_one_of("export.precision", file.export_.precision, {"bf16", "fp32"}),
           check_one_of("export.gguf", file.export_.gguf, {"", "f32", "f16", "bf16", "q8_0", "q4_k_m"}),
           check_one_of("student.device", file.student.device, {"auto", "cpu", "cuda"}),
           check_one_of("student.precision", file.student.precision, {"auto", "fp32", "bf16"}),
           check_one_of("student.sampling_precision", file.student.sampling.precision, {"fp32", "int8"}),
           check_one_of("practice.skew", file.practice.skew, {"rare_is_hard", "rare_is_easy", "uniform"}),
           check_range("recipe.rounds", r.rounds, 0, 1'000),
           check_range("recipe.new_per_round", static_cast<double>(r.new_per_round), 1, 1e9),
           check_range("recipe.threshold", r.threshold, -9, 9),
           check_range("recipe.hard_share", r.hard_share, 0, 1),
           check_range("recipe.replay", r.replay, 0, 0.95),
           check_range("recipe.probe_share", r.probe_share, 0, 1),
           check_range("recipe.near_duplicate", r.near_duplicate, 0, 1),
           check_range("recipe.attempts_per_instruction", r.attempts_per_instruction, 1, 1e6),
           check_range("recipe.judge_sample", static_cast<double>(r.judge_sample), 0, 1e12),
           check_range("train.learning_rate", file.train.learning_rate, 0, 10),
           check_range("train.epochs", file.train.epochs, 0, 1e6),
           check_range("train.rows_per_step", static_cast<double>(file.train.rows_per_step), 1, 1e6),
           check_range("train.row_tokens", static_cast<double>(file.train.row_tokens), 8, 1e7),
           check_one_of("train.recompute", file.train.recompute, {"auto", "on", "off"}),
           check_range("train.lora_rank", static_cast<double>(file.train.lora_rank), 0, 65'536),
           check_range("student.min_p", file.student.sampling.min_p, 0, 1),
           check_range("student.repetition_penalty", file.student.sampling.repetition_penalty, 0.01, 100),
           check_range("teacher.concurrency", file.teacher.concurrency, 1, 10'000),
           check_range("student.tokens_max", static_cast<double>(file.student.sampling.tokens_max), 1, 1e6),
           check_range("data.practice_rows", static_cast<double>(file.data.practice_rows), 0, 1e7),
           check_range("eval.practice_per_kind", file.eval.practice_per_kind, 0, 10'000),
           check_range("budget.money", file.budget.money, 0, 1e9),
           check_endpoints(file),
           check_methods(file),
       })
    if (!result) return result;
  if (!r.judge_prior.empty() && r.judge_sample == 0)
    return Error{
        ErrorCode::InvalidArgument,
        "recipe.judge_prior chooses whom the referee sees, and recipe.judge_sample is 0, which is all; "
        "set it to how many"};
  if ((file.data.kinds == "local") == file.data.kind_rows.empty())
    return Error{
        ErrorCode::InvalidArgument,
        format("data.kinds is \"{}\" and data.kind_rows is \"{}\"; local needs rows, others have none",
               file.data.kinds, file.data.kind_rows)};
  if (r.control == r.name)
    return Error{ErrorCode::InvalidArgument,
                 "recipe.control is the recipe itself; name another, or leave it out"};
  if (file.teacher.base_url.empty())
    return Error{ErrorCode::InvalidArgument,
                 "teacher.base_url is missing; set it to your endpoint, or to \"practice\""};
  if (file.data.files.empty() && file.data.practice_rows == 0)
    return Error{ErrorCode::InvalidArgument,
                 "there are no seed instructions; set data.files, or data.practice_rows"};
  return {};
}

std::string writer_of(const RecipeSection& recipe) {
  if (!recipe.writer.empty()) return recipe.writer;
  if (recipe.name == "self-instruct" || recipe.name == "evol-instruct") return recipe.name;
  return "generator";
}

std::vector<std::string> frozen_differences(const RunFile& frozen, const RunFile& now) {
  std::vector<std::string> out;
  compare(fields_to_json(frozen), fields_to_json(now), "", out);
  return out;
}

}  // namespace retort
