// Checkpoints of a training job: a folder per step with the tensors and, written last, a manifest that holds
// their SHA-256. What has no whole manifest does not count. The last two are kept; a damaged one is passed
// over for the one before. docs/formats/checkpoint.md shows one.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "nn/torch.h"

namespace retort {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

class CheckpointFolder {
 public:
  // `job` names what is trained (a SHA-256): checkpoints of other jobs in the folder are neither read nor
  // kept.
  CheckpointFolder(Path folder, std::string job) : folder_(std::move(folder)), job_(std::move(job)) {}

  // Writes the tensors and `facts` as the state after `step` steps, then drops all but the last two.
  Result<void> save(int64_t step, const NamedTensors& tensors, const Json& facts) const;
  // Copies the newest whole checkpoint into `tensors` (matched by name; shapes and types must agree) and
  // gives its facts; nothing when there is none.
  std::optional<Json> load(const NamedTensors& tensors) const;

 private:
  Path step_folder(int64_t step) const;
  std::vector<Path> newest_first() const;
  Result<Json> load_from(const Path& folder, const NamedTensors& tensors) const;
  void drop_old() const;

  Path folder_;
  std::string job_;
};

}  // namespace retort
