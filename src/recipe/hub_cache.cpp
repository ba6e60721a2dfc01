// The cache that huggingface_hub keeps: models--org--name/{refs/REVISION, snapshots/COMMIT/FILE ->
// ../../blobs/DIGEST}.
#include <cstdlib>

#include "base/format.h"
#include "base/json.h"
#include "recipe/hub.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_there(const Path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool is_plain(std::string_view part) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !part.empty() && part.size() <= 96 && part.find_first_not_of(kLetters) == std::string_view::npos &&
         part.front() != '.' && part.front() != '-' && part.find("..") == std::string_view::npos &&
         part.find("--") == std::string_view::npos;
}

// A branch may have slashes ("refs/pr/3").
bool is_revision(std::string_view text) {
  while (!text.empty()) {
    size_t slash = text.find('/');
    if (!is_plain(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
  return false;
}

Path hub_home() {
  if (std::string home = environment("HF_HOME"); !home.empty()) return home;
  if (std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) return Path(cache) / "huggingface";
  return Path(environment("HOME")) / ".cache" / "huggingface";
}

std::string trimmed(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.pop_back();
  return text;
}

// config, tokenizer, and the one file of weights or every shard of the index. A link whose blob is gone does
// not exist.
bool is_whole(const Path& snapshot) {
  if (!is_there(snapshot / "config.json") || !is_there(snapshot / "tokenizer.json")) return false;
  if (is_there(snapshot / "model.safetensors")) return true;
  Result<Json> index = read_json_file((snapshot / "model.safetensors.index.json").string());
  if (!index || index->at_path("weight_map").size() == 0) return false;
  for (const auto& [tensor, file] : index->at_path("weight_map").members())
    if (!is_plain(file.string_or("")) || !is_there(snapshot / file.string_or(""))) return false;
  return true;
}

}  // namespace

std::optional<HubName> parse_hub_name(std::string_view text) {
  HubName name;
  if (text.ends_with(".gguf")) return std::nullopt;  // a file
  if (size_t at = text.find('@'); at != std::string_view::npos) {
    name.revision = std::string(text.substr(at + 1));
    text = text.substr(0, at);
  }
  size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_plain(text.substr(0, slash)) ||
      !is_plain(text.substr(slash + 1)) || !is_revision(name.revision))
    return std::nullopt;
  name.id = std::string(text);
  return name;
}

HubOptions hub_options_from_environment() {
  HubOptions options;
  Path home = hub_home();
  std::string cache = environment("HF_HUB_CACHE"), endpoint = environment("HF_ENDPOINT"),
              offline = environment("HF_HUB_OFFLINE");
  options.cache = cache.empty() ? home / "hub" : Path(cache);
  if (!endpoint.empty()) options.endpoint = endpoint;
  while (options.endpoint.ends_with('/')) options.endpoint.pop_back();
  options.token = trimmed(environment("HF_TOKEN"));
  if (options.token.empty())
    if (Result<std::string> file = read_file(home / "token", 4'096)) options.token = trimmed(*file);
  for (const char* yes : {"1", "ON", "YES", "TRUE", "on", "yes", "true"})
    if (offline == yes) options.network = HubNetwork::Offline;
  return options;
}

std::optional<Path> find_in_hub_cache(const HubName& name, const HubOptions& options) {
  std::string folder = "models--" + name.id;
  folder.replace(folder.find('/'), 1, "--");
  Path repository = options.cache / folder;
  std::string commit = name.revision;
  if (Result<std::string> ref = read_file(repository / "refs" / name.revision, 1'024)) commit = trimmed(*ref);
  if (!is_plain(commit)) return std::nullopt;
  Path snapshot = repository / "snapshots" / commit;
  if (!is_whole(snapshot)) return std::nullopt;
  return snapshot;
}

Result<Path> resolve_model(const Path& base, const std::function<void(const std::string&)>& say) {
  if (is_there(base)) return base;
  std::optional<HubName> name = parse_hub_name(base.string());
  if (!name) return base;
  HubOptions options = hub_options_from_environment();
  if (std::optional<Path> snapshot = find_in_hub_cache(*name, options)) return *snapshot;
  std::unique_ptr<HttpTransport> transport = make_curl_transport(1);
  return open_hub_model(*name, options, *transport, system_clock(), say);
}

}  // namespace retort
