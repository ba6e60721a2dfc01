#include "sim/simulation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/stop.h"
#include "recipe/endpoints.h"
#include "recipe/fake_student.h"
#include "recipe/run.h"
#include "sim/facts.h"
#include "sim/memory.h"
#include "sim/small_recipes.h"

namespace retort::sim {
namespace {

constexpr int kLivesMax = 400;
// With nothing going wrong any more a run ends within this: what waits longest is an hour that a server asked
// for.
constexpr int64_t kCalmMax_ms = 2 * 3'600'000;

// One run from its first process to its last.
class OneRun {
 public:
  OneRun(World& world, RunFile file, Path folder, SeedReport& report)
      : world_(world), file_(std::move(file)), folder_(std::move(folder)), report_(report) {}

  void live() {
    for (;;) {
      world_.start_life();
      if (report_.lives > 0) world_.look([&] { check_acknowledged(); });
      if (++report_.lives > kLivesMax) return broke("it does not come to an end");
      if (one_life()) return;
      if (!world_.broken.empty()) return;
    }
  }

  int64_t memory_fails_at = 0;  // that allocation of the first life, from 1; 0: none
  int64_t allocations = 0;      // of all lives

 private:
  // True when the run is finished, or can never be.
  bool one_life() {
    world_.money_cap = to_billionths(file_.budget.money);
    had_memory_trouble_ = memory_fails_at > 0;
    const Counted counted(std::exchange(memory_fails_at, 0), allocations);
    try {
      run(file_, folder_,
          {.open_student = FakeStudent::open_fake,
           .progress = {},
           .say = {},
           .clock = world_.clock,
           .make_transport = [this](int) { return world_.connect(); },
           .ahead = {.on = std::launch::deferred, .piece_min = 8}});
      return !world_.disk.is_dead() || (++report_.kills, false);
    } catch (const Killed&) {
      ++report_.kills;
      return false;
    } catch (const std::bad_alloc&) {  // main ends the process
      ++report_.stops;
      return false;
    } catch (const RunError& error) {
      if (world_.disk.is_dead()) {
        ++report_.kills;
        return false;
      }
      ++report_.stops;
      return !may_end_with(error);
    }
  }

  // Counts the allocations of one life.
  class Counted {
   public:
    Counted(int64_t fails_at, int64_t& counted) : counted_(counted) { fail_allocation(fails_at); }
    ~Counted() { counted_ += stop_counting_allocations(); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

   private:
    int64_t& counted_;
  };

  // What the run's owner does about it.
  bool may_end_with(const RunError& error) {
    if (std::string_view(error.what()).find(kKey) != std::string_view::npos) broke("the key is in an error");
    switch (error.code()) {
      case ErrorCode::BudgetSpent:
        file_.budget.money *= 1.5;
        if (file_.budget.money > 0) return true;
        break;
      case ErrorCode::Interrupted:
        return true;
      case ErrorCode::Unauthorized:
      case ErrorCode::QuotaExceeded:
      case ErrorCode::Unreachable:
      case ErrorCode::Timeout:
      case ErrorCode::RateLimited:
      case ErrorCode::ServerError:
        if (world_.had_network_trouble()) return true;
        break;
      case ErrorCode::Unreadable:
      case ErrorCode::DiskFull:
        if (world_.had_disk_trouble() || had_memory_trouble_) return true;
        break;
      case ErrorCode::OutOfMemory:
        if (had_memory_trouble_) return true;
        break;
      default:
        break;
    }
    broke(format("it ended with {}: {}", error_code_name(error.code()), error.what()));
    return false;
  }

  void check_acknowledged() {
    if (world_.acknowledged().empty()) return;
    Result<std::unique_ptr<RunStore>> store = RunStore::open(folder_, StoreMode::Read, world_.clock);
    // What a kill left half done at the setting up only a writer can undo.
    if (!store) store = RunStore::open(folder_, StoreMode::Write, world_.clock);
    if (!store) return broke("after a life the store cannot be opened: " + store.error().message);
    for (const std::string& what : lost_replies(**store, world_)) broke(what);
  }

  void broke(const std::string& what) { world_.broken.push_back(what); }

  World& world_;
  RunFile file_;
  Path folder_;
  SeedReport& report_;
  bool had_memory_trouble_ = false;
};

Path make_folder(const Path& root) {
  std::string pattern = (root / "retort_sim_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw RunError(system_error("create a folder in", root, errno));
  return pattern;
}

}  // namespace

Simulation::Simulation(const Path& root) : folder_(make_folder(root)) {
  ::setenv(kKeyVariable, kKey, 1);
  install_stop_signals();
  std::fflush(stderr);
  kept_stderr_ = ::dup(STDERR_FILENO);
  log_ = ::open((folder_ / "log").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(log_, STDERR_FILENO);
}

Simulation::~Simulation() {
  ::dup2(kept_stderr_, STDERR_FILENO);
  ::close(kept_stderr_);
  ::close(log_);
  ::unsetenv(kKeyVariable);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Simulation::log() const { return read_file(folder_ / "log").value_or(""); }

void Simulation::clear_log() { [[maybe_unused]] int cleared = ::ftruncate(log_, 0); }

const Simulation::Reference& Simulation::reference(int recipe) {
  auto found = references_.find(recipe);
  if (found != references_.end()) return found->second;
  Reference made;
  const RunFile file = small_recipe(recipe);
  World world(0, file.practice, prices_of(file.teacher));
  const Path folder = folder_ / format("reference_{}", recipe);
  SeedReport report;
  OneRun one(world, file, folder, report);
  one.live();
  made.broken = world.broken;
  made.allocations = one.allocations;
  made.events = world.events();
  made.cost = world.charged();
  auto store = or_throw(RunStore::open(folder, StoreMode::Read, world.clock));
  made.facts = facts_of(*store, folder);
  for (const auto& wrong : {unsound(*store), wrong_accounts(*store, world), wrong_novelty(*store, file)})
    made.broken.insert(made.broken.end(), wrong.begin(), wrong.end());
  return references_.emplace(recipe, std::move(made)).first->second;
}

SeedReport Simulation::run_seed(uint64_t seed) {
  const int recipe = static_cast<int>(seed % kRecipes);
  const RunFile file = small_recipe(recipe);
  const int64_t events = reference(recipe).events;
  World world(seed, file.practice, prices_of(file.teacher));
  Random random(seed, "sim/weather");
  world.weather = draw_weather(random, events);
  return run_in(world, recipe);
}

SeedReport Simulation::run_killed(int recipe, int64_t at_event, double power_loss) {
  const RunFile file = small_recipe(recipe);
  const int64_t events = reference(recipe).events;
  World world(static_cast<uint64_t>(at_event), file.practice, prices_of(file.teacher));
  world.weather.kills = {at_event};
  world.weather.power_loss = power_loss;
  world.weather.calm_after = 2 * events;
  return run_in(world, recipe);
}

SeedReport Simulation::run_with_disk_fault(int recipe, int64_t at_event, DiskFault fault) {
  const RunFile file = small_recipe(recipe);
  World world(static_cast<uint64_t>(at_event), file.practice, prices_of(file.teacher));
  world.disk_fails_at = at_event;
  world.disk_fails_as = fault;
  return run_in(world, recipe);
}

SeedReport Simulation::run_without_memory(int recipe, int64_t n) {
  const RunFile file = small_recipe(recipe);
  World world(static_cast<uint64_t>(n), file.practice, prices_of(file.teacher));
  return run_in(world, recipe, n);
}

SeedReport Simulation::run_in(World& world, int recipe, int64_t memory_fails_at) {
  const Reference& wanted = reference(recipe);
  clear_log();
  RunFile file = small_recipe(recipe);
  file.budget.money = world.weather.money_share * static_cast<double>(wanted.cost) / 1e9;
  const Path folder = folder_ / "run";
  SeedReport report;
  OneRun one(world, file, folder, report);
  one.memory_fails_at = memory_fails_at;
  one.live();
  report.broken = world.broken;
  const auto add = [&](const std::vector<std::string>& wrong) {
    report.broken.insert(report.broken.end(), wrong.begin(), wrong.end());
  };
  add(wanted.broken);
  if (report.broken.empty())
    world.look([&] {
      auto store = or_throw(RunStore::open(folder, StoreMode::Read, world.clock));
      for (const auto& [role, totals] : store->call_totals()) report.unknown += totals.unknown;
      if (std::string found = first_difference(wanted.facts, facts_of(*store, folder)); !found.empty())
        add({"another end than without trouble: " + found});
      for (const auto& wrong : {unsound(*store), lost_replies(*store, world), wrong_accounts(*store, world),
                                told_secrets(*store, world, log())})
        add(wrong);
      const int64_t calm_ms = world.is_calm() ? world.clock.monotonic_ms() - world.calm_since_ms() : 0;
      if (calm_ms > kCalmMax_ms) add({format("it took {} s after the last trouble", calm_ms / 1'000)});
    });
  report.events = world.events();
  report.trace = world.trace();
  report.charged = world.charged();
  for (const auto& [request, times] : world.times_charged()) report.asked += times;
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return report;
}

}  // namespace retort::sim
