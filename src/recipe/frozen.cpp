#include "recipe/frozen.h"

#include <ctime>

#include "base/clock.h"

namespace retort {
namespace {

std::string now_text() {
  const std::time_t seconds = static_cast<std::time_t>(system_clock().wall_ms() / 1'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

void changes(const Json& old, const Json& now, const std::string& path, std::string& out) {
  for (const auto& [name, value] : now.members()) {
    const std::string key = path.empty() ? name : path + "." + name;
    const Json* before = old.find(name);
    if (value.is_object() && before != nullptr)
      changes(*before, value, key, out);
    else if (before == nullptr || !(*before == value))
      out += format("# changed {}: {} from {} to {}\n", now_text(), key, before ? before->dump() : "nothing",
                    value.dump());
  }
}

constexpr std::string_view kHead =
    "# The run file of this run, with every default written out. It is frozen.\n";

}  // namespace

Result<RunFile> load_frozen(const Path& folder) {
  const Path path = folder / "run.toml";
  return parse_run_file(RETORT_TRY(read_file(path)), path.string(), folder);
}

Result<void> freeze_anew(const RunFile& file, const Path& folder) {
  return write_file_atomic(folder / "run.toml", std::string(kHead) + fields_to_toml(file));
}

Result<void> freeze(const RunFile& file, const Path& folder) {
  const Path path = folder / "run.toml";
  if (!std::filesystem::exists(path)) return freeze_anew(file, folder);
  const std::string text = RETORT_TRY(read_file(path));
  const RunFile frozen = RETORT_TRY(parse_run_file(text, path.string(), folder));
  const std::vector<std::string> differences = frozen_differences(frozen, file);
  if (!differences.empty()) {
    std::string keys;
    for (const std::string& key : differences) keys += (keys.empty() ? "" : ", ") + key;
    return Error{
        ErrorCode::Mismatch,
        format("{} was begun with another {}; set the old value to go on, or name a new folder with --dir",
               folder.string(), keys)};
  }
  std::string notes;
  changes(fields_to_json(frozen), fields_to_json(file), "", notes);
  if (notes.empty()) return {};
  size_t body = 0;  // the comments at the top stay, the new ones go below them
  while (body < text.size() && text[body] == '#' && !text.substr(body).starts_with("# what is done")) {
    const size_t end = text.find('\n', body);
    if (end == std::string::npos) break;
    body = end + 1;
  }
  return write_file_atomic(path, text.substr(0, body) + notes + fields_to_toml(file));
}

}  // namespace retort
