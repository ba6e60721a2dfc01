#include "train/checkpoint.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "base/hash.h"
#include "base/log.h"
#include "model/folder.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFormat = 1;
constexpr size_t kKept = 2;
constexpr const char* kManifestFile = "manifest.json";
// A file is hashed in memory, so tensors are spread over files of about this size.
constexpr int64_t kFileBytes = int64_t{1} << 30;

Error damaged(const Path& folder, std::string_view why) {
  return {ErrorCode::Malformed, format("checkpoint {} is damaged: {}", folder.string(), why)};
}

// All or nothing: sizes and types are compared before the first byte is copied.
Result<void> copy_tensors(const NamedTensors& from, const NamedTensors& to, const Path& folder) {
  std::map<std::string, torch::Tensor> held(from.begin(), from.end());
  for (const auto& [name, tensor] : to) {
    auto found = held.find(name);
    if (found == held.end()) return damaged(folder, format("it has no tensor {}", name));
    if (found->second.sizes() != tensor.sizes() || found->second.scalar_type() != tensor.scalar_type())
      return damaged(folder, format("{} has another shape or type", name));
  }
  torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : to) torch::Tensor(tensor).copy_(held.at(name));
  return {};
}

// The tensors in order, cut into runs of about kFileBytes.
std::vector<NamedTensors> split_into_files(const NamedTensors& tensors) {
  std::vector<NamedTensors> files(1);
  int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) {
    if (bytes > kFileBytes) files.emplace_back(), bytes = 0;
    files.back().emplace_back(name, tensor.detach().cpu().contiguous());
    bytes += static_cast<int64_t>(tensor.nbytes());
  }
  return files;
}

Result<std::string> hash_file(const Path& path) {
  return sha256_hex(RETORT_TRY(read_file(path, size_t{1} << 40)));
}

void remove_folder(const Path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) log_warning("cannot remove the old checkpoint {}: {}", folder.string(), error.message());
}

}  // namespace

Path CheckpointFolder::step_folder(int64_t step) const {
  return folder_ / format("{}_step_{:010}", job_.substr(0, 12), step);
}

Result<void> CheckpointFolder::save(int64_t step, const NamedTensors& tensors, const Json& facts) const {
  Path folder = step_folder(step);
  remove_folder(folder);  // what a run that was killed here may have left
  RETORT_TRY(make_folders(folder));
  Json files = Json::object();
  std::vector<NamedTensors> parts = split_into_files(tensors);
  for (size_t i = 0; i < parts.size(); ++i) {
    std::string name = format("state-{:03}.safetensors", i);
    RETORT_TRY(write_safetensors(folder / name, parts[i]));
    files.set(name, RETORT_TRY(hash_file(folder / name)));
  }
  Json manifest = Json::object();
  manifest.set("format", kFormat).set("job", job_).set("step", step).set("files", files).set("facts", facts);
  RETORT_TRY(write_file_atomic(folder / kManifestFile, manifest.dump(2) + "\n"));
  drop_old();
  return {};
}

std::optional<Json> CheckpointFolder::load(const NamedTensors& tensors) const {
  for (const Path& folder : newest_first()) {
    Result<Json> facts = load_from(folder, tensors);
    if (facts) return std::move(facts).value();
    log_warning("{}; going on from the one before", facts.error().message);
  }
  return std::nullopt;
}

Result<Json> CheckpointFolder::load_from(const Path& folder, const NamedTensors& tensors) const {
  Json manifest = RETORT_TRY(read_json_file((folder / kManifestFile).string()));
  if (manifest.at_path("format").integer_or(0) != kFormat || manifest.at_path("job").string_or("") != job_)
    return damaged(folder, "its manifest is of another format or job");
  NamedTensors held;
  for (const auto& [name, hash] : manifest.at_path("files").members()) {
    // A name from a file never leads out of the folder.
    if (Path(name).filename() != name) return damaged(folder, format("its manifest names a file {}", name));
    if (RETORT_TRY(hash_file(folder / name)) != hash.string_or(""))
      return damaged(folder, format("{} changed", name));
    for (auto& tensor : RETORT_TRY(read_safetensors(folder / name))) held.push_back(std::move(tensor));
  }
  RETORT_TRY(copy_tensors(held, tensors, folder));
  return manifest.at_path("facts");
}

std::vector<Path> CheckpointFolder::newest_first() const {
  std::vector<Path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error))
    if (entry.path().filename().string().starts_with(job_.substr(0, 12) + "_step_"))
      found.push_back(entry.path());
  std::sort(found.rbegin(), found.rend());
  return found;
}

void CheckpointFolder::drop_old() const {
  std::vector<Path> ours = newest_first();
  ours.resize(std::min(ours.size(), kKept));
  std::error_code error;
  std::vector<Path> old;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    bool checkpoint = entry.path().filename().string().find("_step_") != std::string::npos;
    if (checkpoint && std::find(ours.begin(), ours.end(), entry.path()) == ours.end())
      old.push_back(entry.path());
  }
  for (const Path& folder : old) remove_folder(folder);
}

}  // namespace retort
