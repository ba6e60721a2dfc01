#include "serve/view_cache.h"

#include "serve/view_json.h"
#include "store/lock.h"
#include "store/schema.h"

namespace retort {
namespace {

constexpr int64_t kRestMs = 1'000;  // between two readings, at least
constexpr int64_t kRestPerCost = 10;

}  // namespace

ViewCache::ViewCache(Path folder, Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

bool ViewCache::is_stale() {
  if (!figures_) return true;
  if (clock_.monotonic_ms() - read_ms_ < std::max(kRestMs, kRestPerCost * cost_ms_)) return false;
  if (run_is_locked(folder_) != was_locked_) return true;
  if (!watch_) watch_ = std::make_unique<Database>(folder_ / kStoreFile, Database::Access::Read);
  return watch_->integer("PRAGMA data_version") != data_version_;
}

void ViewCache::read() {
  const int64_t begun = clock_.monotonic_ms();
  // Asked before the reading: what is committed meanwhile makes it stale again.
  if (!watch_) watch_ = std::make_unique<Database>(folder_ / kStoreFile, Database::Access::Read);
  data_version_ = watch_->integer("PRAGMA data_version");
  was_locked_ = run_is_locked(folder_);
  auto figures = std::make_shared<Figures>();
  figures->view = or_throw(read_run(folder_, Detail::Evidence));
  figures->json = figures_json(figures->view).dump();
  figures->version = figures_ ? figures_->version + 1 : 1;
  figures_ = std::move(figures);
  read_ms_ = clock_.monotonic_ms();
  cost_ms_ = read_ms_ - begun;
}

std::shared_ptr<const Figures> ViewCache::figures() {
  std::lock_guard lock(mutex_);
  if (is_stale()) read();
  return figures_;
}

}  // namespace retort
