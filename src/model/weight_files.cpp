#include "model/weight_files.h"

#include <algorithm>
#include <unordered_map>

#include "base/format.h"
#include "base/utf8.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr size_t kJsonBytesMax = size_t{64} << 20, kShardsMax = 10'000, kTensorsMax = 100'000;

bool is_there(const Path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// A shard is a plain name in the folder. A link may lead to the hub cache's blobs, nowhere else outside.
Result<Path> shard_path(const Path& folder, const std::string& name) {
  Error outside{ErrorCode::Malformed, format("{}: weight_map names \"{}\", which is no file of {}",
                                             kIndexFile, terminal_safe(name, 80), folder.string())};
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    return outside;
  std::error_code error;
  Path home = fs::canonical(folder, error);
  Path file = fs::canonical(folder / name, error);
  if (error) return system_error("open", folder / name, error.value());
  Path blobs = home.parent_path().parent_path() / "blobs";
  if (file.parent_path() != home && file.parent_path() != blobs) return outside;
  return file;
}

Result<WeightFiles> read_index(const Path& folder) {
  Json json = RETORT_TRY(read_folder_json(folder / kIndexFile));
  const Json& map = json.at_path("weight_map");
  if (!map.is_object() || map.size() == 0 || map.size() > kTensorsMax)
    return Error{ErrorCode::Malformed, format("{}: weight_map is no object of 1 to {} tensors",
                                              (folder / kIndexFile).string(), kTensorsMax)};
  WeightFiles found;
  std::unordered_map<std::string, size_t> numbers, seen;
  for (const auto& [tensor, file] : map.members()) {
    std::string name(file.string_or(""));
    auto [at, fresh] = numbers.emplace(name, found.files.size());
    if (fresh) found.files.push_back(RETORT_TRY(shard_path(folder, name)));
    if (!seen.emplace(tensor, 0).second || found.files.size() > kShardsMax)
      return Error{ErrorCode::Malformed,
                   format("{}: weight_map names {} twice, or more than {} files",
                          (folder / kIndexFile).string(), terminal_safe(tensor, 80), kShardsMax)};
    found.tensors.emplace_back(tensor, at->second);
  }
  return found;
}

// A pickle can run code when it is read.
bool is_pickle(const Path& path) {
  std::string name = path.filename().string();
  return name.starts_with("pytorch_model") || name.ends_with(".pth") || name.ends_with(".pt");
}

Error no_weights(const Path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (is_pickle(entry.path()))
      return {ErrorCode::InvalidArgument,
              format("{} holds pickled weights ({}), which could run code and are never read; convert them "
                     "once with "
                     "python3 -c \"from transformers import AutoModelForCausalLM as M; "
                     "M.from_pretrained('{}').save_pretrained('converted')\"",
                     folder.string(), terminal_safe(entry.path().filename().string(), 60), folder.string())};
  return {ErrorCode::NotFound,
          format("{} has no {} and no {}; it is no model folder, or its download is not complete",
                 folder.string(), kWeightsFile, kIndexFile)};
}

// model-00001-of-00002.safetensors: a user's model-backup.safetensors is none.
bool is_shard(const std::string& name) {
  std::string shape;
  for (char c : name) shape += c >= '0' && c <= '9' ? '0' : c;
  return shape == "model-00000-of-00000.safetensors";
}

}  // namespace

Result<Json> read_folder_json(const Path& path) {
  std::string text = RETORT_TRY(read_file(path, kJsonBytesMax));
  Result<Json> json = parse_json(text);
  if (!json) return Error{json.error().code, format("{}: {}", path.string(), json.error().message)};
  return json;
}

Result<WeightFiles> find_weight_files(const Path& folder) {
  if (is_there(folder / kWeightsFile)) return WeightFiles{{folder / kWeightsFile}, {}};
  if (is_there(folder / kIndexFile)) return read_index(folder);
  return no_weights(folder);
}

void remove_other_weights(const Path& folder, const std::vector<std::string>& kept) {
  std::error_code error;
  std::vector<Path> old;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if ((is_shard(name) || name == kWeightsFile || name == kIndexFile) &&
        std::find(kept.begin(), kept.end(), name) == kept.end())
      old.push_back(entry.path());
  }
  for (const Path& path : old) fs::remove(path, error);
}

}  // namespace retort
