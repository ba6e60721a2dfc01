#include "serve/model_shelf.h"

#include <algorithm>

#include "base/format.h"

namespace retort {

ModelShelf::ModelShelf(std::string name, std::unique_ptr<ServeEngine> main, Others others)
    : name_(std::move(name)), main_(std::move(main)), others_(std::move(others)) {}

std::vector<std::string> ModelShelf::names() const {
  std::vector<std::string> names = {name_};
  if (others_.names)
    for (std::string& other : others_.names())
      if (other != name_) names.push_back(std::move(other));
  return names;
}

Error ModelShelf::missing(std::string_view name) const {
  std::string there;
  for (const std::string& other : names()) there += format("{}\"{}\"", there.empty() ? "" : ", ", other);
  return {ErrorCode::NotFound, format("there is no model \"{}\" here; this server has {}", name, there)};
}

Result<std::shared_ptr<ServeEngine>> ModelShelf::find(const std::string& name) {
  if (name == name_) return main_;
  const std::vector<std::string> there = names();
  if (std::find(there.begin(), there.end(), name) == there.end()) return missing(name);
  std::lock_guard lock(opening_);
  if (kept_ && kept_name_ == name && !kept_->failure()) return kept_;
  kept_.reset();  // first, so that there is room for the next
  kept_ = RETORT_TRY(others_.open(name));
  kept_name_ = name;
  return kept_;
}

}  // namespace retort
