#include "cli/run_file_checks.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/format.h"
#include "base/json.h"
#include "recipe/hub.h"
#include "recipe/seed_rows.h"
#include "store/lock.h"

namespace retort {
namespace {

using Tell = std::function<void(Finding)>;
void good(const Tell& tell, const std::string& text) { tell({Finding::Kind::Good, text}); }
void look(const Tell& tell, const std::string& text) { tell({Finding::Kind::Look, text}); }
void fault(const Tell& tell, ErrorCode code, const std::string& text) {
  tell({Finding::Kind::Fault, text, code});
}

void check_model_name(const std::string& role, const EndpointSection& section, const std::string& body,
                      const Tell& tell) {
  const Result<Json> list = parse_json(body);
  const Json* data = list && list->is_object() ? list->find("data") : nullptr;
  if (data == nullptr || !data->is_array() || data->size() == 0)
    return look(tell, format("{}: answers, but lists no models; the model's name is unchecked", role));
  for (const Json& model : data->items())
    if (const Json* id = model.is_object() ? model.find("id") : nullptr;
        id != nullptr && id->string_or("") == section.model)
      return good(tell, format("{}: answers, and has the model {}", role, section.model));
  const Json* first = data->items().front().is_object() ? data->items().front().find("id") : nullptr;
  const std::string text =
      format("{}: {} lists no model \"{}\" (but \"{}\", {} in all)", role, section.base_url, section.model,
             first == nullptr ? "?" : std::string(first->string_or("?")), data->size());
  // llama.cpp serves its one model under any name.
  if (section.provider == "llamacpp") return look(tell, text + "; it answers for its one model");
  fault(tell, ErrorCode::InvalidArgument, text + "; correct model");
}

// "/v1" of most, "/v1beta" and "/api/v3" of some.
bool names_a_version(std::string_view base_url) {
  for (size_t at = base_url.find("/v"); at != std::string_view::npos; at = base_url.find("/v", at + 1))
    if (at + 2 < base_url.size() && base_url[at + 2] >= '0' && base_url[at + 2] <= '9') return true;
  return false;
}

void check_endpoint(const std::string& role, const EndpointSection& section, HttpTransport& transport,
                    const Tell& tell) {
  if (section.base_url == "practice") return good(tell, role + ": the practice teacher");
  std::string key;
  if (!section.key_env.empty()) {
    const char* value = std::getenv(section.key_env.c_str());
    if (value == nullptr || *value == '\0')
      return fault(
          tell, ErrorCode::Unauthorized,
          format("{0}.key_env names {1}, which is not set; export {1}=your-key, or set key_env = \"\" where "
                 "no key is asked",
                 role, section.key_env));
    key = value;
  }
  if (section.provider == "anthropic") return look(tell, role + ": Anthropic's list of models is not asked");
  HttpRequest request{.method = "GET", .url = section.base_url + "/models", .timeout_ms = 10'000};
  if (!key.empty()) request.headers.emplace_back("authorization", "Bearer " + key);
  transport.start(std::move(request));
  while (transport.in_flight() > 0)
    for (const HttpCompletion& done : transport.poll(1'000)) {
      if (!done.reply)
        return fault(
            tell, done.reply.error().code,
            format("{}: {}; start the server, or correct base_url", role, done.reply.error().message));
      const int status = done.reply->status;
      if (status == 401 || status == 403)
        return fault(tell, ErrorCode::Unauthorized,
                     format("{}: {} refuses the key (HTTP {}); set key_env", role, section.base_url, status));
      if (status == 200) return check_model_name(role, section, done.reply->body, tell);
      return look(
          tell,
          format("{}: {}/models answers HTTP {}; the model's name is unchecked{}", role, section.base_url,
                 status,
                 names_a_version(section.base_url) ? "" : " (most base_urls end in /v1; does this one?)"));
    }
}

// Whom the run will ask: what it does not use needs no key.
std::vector<std::pair<std::string, EndpointSection>> roles_of(const RunFile& file) {
  const std::string& recipe = file.recipe.name;
  const bool is_votes_by_referee =
      recipe == "votes" && (file.recipe.selection == "vote_gap" || file.recipe.selection == "vote_pass_rate");
  std::vector<std::pair<std::string, EndpointSection>> roles = {{"teacher", file.teacher}};
  auto add = [&](bool asked, const std::string& role, const EndpointSection& section) {
    if (asked) roles.emplace_back(role, filled(section, file.teacher));
  };
  add(recipe == "lion" || recipe == "tapir" || recipe == "lion-tapir" || is_votes_by_referee, "referee",
      file.referee);
  add(recipe != "orca", "generator", file.generator);
  add(file.data.kinds == "classifier", "classifier", file.classifier);
  add(recipe == "tapir" && file.tapir.rewrite != "none", "rewriter", file.rewriter);
  add(recipe == "orca" || file.answers.explained, "teacher_2", file.teacher_2);
  return roles;
}

void check_endpoints_and_prices(const RunFile& file, HttpTransport& transport, const Tell& tell) {
  std::set<std::string> seen;
  for (const auto& [role, section] : roles_of(file)) {
    if (!seen.insert(section.base_url + "\n" + section.model + "\n" + section.key_env).second) continue;
    check_endpoint(role, section, transport, tell);
    if (file.budget.money > 0 && section.base_url != "practice" && section.price_in == 0 &&
        section.price_out == 0)
      fault(
          tell, ErrorCode::InvalidArgument,
          format("budget.money is {} but {} has no prices, so the cap never acts; set price_in and price_out",
                 file.budget.money, role));
  }
}

// Few optimizer steps leave a student as it was, and nothing else would say so.
void check_steps(const RunFile& file, int64_t bytes, const Tell& tell) {
  constexpr double kBytesPerToken = 4;  // as `plan` counts
  constexpr double kFewSteps = 50;
  const TrainSection& train = file.train;
  const double step_tokens = static_cast<double>(train.rows_per_step * train.row_tokens);
  const double steps =
      train.steps > 0 ? static_cast<double>(train.steps)
                      : std::ceil(train.epochs * static_cast<double>(bytes) / kBytesPerToken / step_tokens);
  const std::string text =
      format("training: about {:.0f} steps after the seeds, at rate {}", steps, train.learning_rate);
  if (steps < kFewSteps)
    look(tell, text + format(": they will hardly move a student; lower train.rows_per_step ({}) and "
                             "row_tokens ({}), raise epochs, or set train.steps",
                             train.rows_per_step, train.row_tokens));
  else
    good(tell, text);
  if (file.student.base == "practice" && train.learning_rate < 1e-4)
    look(tell,
         "training: the practice base learns at rates near 3e-3 (`retort init --preset demo --full "
         "--print` shows the demo's [train])");
}

void check_rows(const RunFile& file, const Tell& tell) {
  int64_t rows = 0, bad = 0, without_kind = 0, long_rows = 0, bytes = 0;
  try {
    for_each_seed_row(
        file,
        [&](const DataRow& row) {
          ++rows;
          // A row without an answer gets one of unknown length: as long as itself, say.
          bytes += static_cast<int64_t>(row.instruction.size() +
                                        (row.has_output ? row.output : row.instruction).size());
          without_kind += row.kind.empty();
          // Four bytes a token, as `plan` counts.
          long_rows +=
              static_cast<int64_t>(row.instruction.size() + row.output.size()) / 4 > file.train.row_tokens;
        },
        [&](const BadRow&) { ++bad; });
  } catch (const RunError& error) {
    return fault(tell, error.code(), error.what());
  }
  if (rows == 0)
    return fault(tell, ErrorCode::InvalidArgument, "data.files hold no rows; name a file with some");
  good(tell, format("{} rows, {} bad", rows, bad));
  check_steps(file, bytes, tell);
  if (file.eval.heldout_rows == 0 && (file.eval.practice_per_kind == 0 || file.data.practice_rows == 0))
    look(tell, "nothing will measure the student between the rounds; set eval.heldout_rows (50, say)");
  if (2 * long_rows > rows)
    fault(tell, ErrorCode::InvalidArgument,
          format("about {} of {} rows are longer than train.row_tokens = {} and would be dropped; raise it",
                 long_rows, rows, file.train.row_tokens));
  else if (long_rows > 0)
    look(tell, format("about {} of {} rows are longer than train.row_tokens = {} and will be dropped",
                      long_rows, rows, file.train.row_tokens));
  const bool by_kind =
      file.recipe.name == "balanced" || file.recipe.control == "balanced" || file.recipe.vote_per_kind;
  if (by_kind && file.data.kinds == "given" && without_kind > 0)
    fault(tell, ErrorCode::InvalidArgument,
          format("{} of {} rows have no kind, which votes per kind need; set data.kinds = \"classifier\" or "
                 "\"local\"",
                 without_kind, rows));
}

// Of a folder of safetensors; 0 where it is none.
double weight_bytes(const Path& base) {
  double bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(base, error))
    if (entry.path().extension() == ".safetensors") bytes += static_cast<double>(entry.file_size(error));
  return bytes;
}

void check_base(const std::string& base, const Tell& tell) {
  std::error_code error;
  if (base == "practice" || std::filesystem::exists(base, error)) return;
  const std::optional<HubName> name = parse_hub_name(base);
  if (!name)
    return fault(tell, ErrorCode::NotFound,
                 format("student.base is {}, which is not there; name a model folder, a GGUF file or a model "
                        "of the hub",
                        base));
  const HubOptions hub = hub_options_from_environment();
  if (find_in_hub_cache(*name, hub))
    return good(tell, format("student: {} is in {}", base, hub.cache.string()));
  if (hub.network == HubNetwork::Offline)
    return fault(tell, ErrorCode::NotFound,
                 format("student.base {} is not in {}, and HF_HUB_OFFLINE forbids to fetch it", base,
                        hub.cache.string()));
  look(tell, format("student: {} will be downloaded from {}", base, hub.endpoint));
}

void check_student(const RunFile& file, const Path& run_folder, const Tell& tell) {
  check_base(file.student.base, tell);
  if (file.student.device == "cuda" && !std::filesystem::exists("/dev/nvidiactl"))
    fault(tell, ErrorCode::InvalidArgument,
          "student.device is cuda, but this machine shows no NVIDIA GPU; set cpu or auto");
  const Path base(file.student.base);
  if (const Result<std::string> text = read_file(base / "config.json")) {
    const Result<Json> config = parse_json(*text);
    const Json* context = config && config->is_object() ? config->find("max_position_embeddings") : nullptr;
    if (context != nullptr && context->integer_or(0) > 0 && context->integer_or(0) < file.train.row_tokens)
      fault(tell, ErrorCode::InvalidArgument,
            format("train.row_tokens = {} is more than the student's context of {}; lower it",
                   file.train.row_tokens, context->integer_or(0)));
  }
  const double gigabytes = weight_bytes(base) / 1e9;
  // A bf16 file trains as 4-byte weights, gradients and an optimizer's two sums: 16 bytes for 2.
  const double memory =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e9;
  if (file.student.device != "cuda" && file.train.lora_rank == 0 && 8 * gigabytes > memory)
    look(tell, format("training all weights of {} takes about {:.0f} GB, this machine has {:.0f}; "
                      "set train.lora_rank or take a smaller student",
                      file.student.base, 8 * gigabytes, memory));
  Path there = std::filesystem::absolute(run_folder);
  while (!std::filesystem::exists(there) && there.has_relative_path()) there = there.parent_path();
  struct statvfs disk {};
  if (::statvfs(there.c_str(), &disk) != 0) return;
  const double free = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) / 1e9;
  const double wanted = std::max(0.5, 2 * gigabytes * (file.recipe.rounds + 2));  // a checkpoint a round
  if (free < wanted)
    fault(tell, ErrorCode::DiskFull,
          format("only {:.2f} GB are free for {}, the run wants about {:.1f}; free some space", free,
                 run_folder.string(), wanted));
  else
    good(tell, format("{:.0f} GB free for {}", free, run_folder.string()));
}

}  // namespace

void check_run_file(const RunFile& file, const Path& run_folder, HttpTransport& transport, const Tell& tell) {
  check_rows(file, tell);
  check_endpoints_and_prices(file, transport, tell);
  check_student(file, run_folder, tell);
  if (std::filesystem::exists(run_folder) && run_is_locked(run_folder))
    fault(tell, ErrorCode::Locked,
          format("another process works on {}; wait for it, or name another --dir", run_folder.string()));
}

}  // namespace retort
