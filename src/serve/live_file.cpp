#include "serve/live_file.h"

#include <unistd.h>

#include <fstream>

namespace retort {
namespace {

constexpr int64_t kEveryMs = 1'000;
constexpr const char* kName = "live.json";

int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t all = 0, resident = 0;
  return statm >> all >> resident ? resident * ::sysconf(_SC_PAGESIZE) : 0;
}

}  // namespace

LiveFile::~LiveFile() {
  std::error_code ignored;
  std::filesystem::remove(folder_ / kName, ignored);
}

void LiveFile::tell(const std::string& stage, int64_t done, int64_t all, const std::string& detail) {
  const int64_t now = clock_.wall_ms();
  const auto [begun, is_new] = begun_ms_.try_emplace(stage, now);
  if (!is_new && now - written_ms_ < kEveryMs) return;
  written_ms_ = now;
  const Json json = Json::object()
                        .set("stage", stage)
                        .set("detail", detail)
                        .set("done", done)
                        .set("all", all)
                        .set("begun_ms", begun->second)
                        .set("written_ms", now)
                        .set("memory_bytes", resident_bytes());
  // Not synced: it is worth nothing after a power loss.
  const Path half = folder_ / (std::string(kName) + ".part");
  std::ofstream(half) << json.dump();
  std::error_code ignored;
  std::filesystem::rename(half, folder_ / kName, ignored);
}

std::optional<LiveState> read_live(const Path& folder) {
  Result<std::string> text = read_file(folder / kName, 65'536);
  if (!text) return std::nullopt;
  Result<Json> json = parse_json(*text, 4);
  if (!json || !json->at_path("stage").is_string()) return std::nullopt;
  LiveState state;
  state.stage = json->at_path("stage").string_or("");
  state.detail = json->at_path("detail").string_or("");
  state.done = json->at_path("done").integer_or(0);
  state.all = json->at_path("all").integer_or(0);
  state.begun_ms = json->at_path("begun_ms").integer_or(0);
  state.written_ms = json->at_path("written_ms").integer_or(0);
  state.memory_bytes = json->at_path("memory_bytes").integer_or(0);
  return state;
}

}  // namespace retort
