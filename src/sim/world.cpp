#include "sim/world.h"

#include <csignal>

#include "base/hash.h"
#include "base/stop.h"
#include "chat/reply.h"
#include "sim/memory.h"

namespace retort::sim {
namespace {

constexpr int64_t kDay_ms = 86'400'000;
enum What : uint64_t { kStart = 1, kPoll = 2, kDisk = 16 };

}  // namespace

World::World(uint64_t seed, const practice::TeacherOptions& teacher, const Prices& prices)
    : disk(clock, Random(seed, "sim/entropy")), dice_(seed, "sim/dice"), teacher_(teacher), prices_(prices) {
  disk.on_step = [this](DiskStep step) { return disk_event(step); };
}

void World::start_life() {
  const Spared spared;
  if (disk.is_dead() && dice_.chance(weather.power_loss)) disk.lose_power(dice_);
  disk.restart();
  if (lives_ < weather.kills.size() || life_events_ > 0) ++lives_;
  life_events_ = 0;
  disk_trouble_ = network_trouble_ = is_refusing_ = false;
  delivered_.clear();
  forget_stop_request();
}

void World::look(const std::function<void()>& body) {
  const Spared spared;
  is_looking_ = true;
  body();
  is_looking_ = false;
}

void World::count(uint64_t what) {
  ++events_;
  ++life_events_;
  trace_ = mix64(trace_, what);
  if (calm_since_ms_ < 0 && is_calm()) calm_since_ms_ = clock.monotonic_ms();
}

bool World::is_killed_now() {
  const size_t life = lives_ == 0 ? 0 : lives_ - 1;
  return !is_calm() && life < weather.kills.size() && life_events_ == weather.kills[life];
}

DiskFault World::disk_event(DiskStep step) {
  if (is_looking_) return DiskFault::None;
  const Spared spared;
  count(kDisk + static_cast<uint64_t>(step));
  if (is_killed_now()) return DiskFault::Die;
  DiskFault fault = DiskFault::None;
  if (disk_fails_at > 0 && events_ >= disk_fails_at) {
    disk_fails_at = 0;
    fault = disk_fails_as;
  }
  if (happens(weather.disk_error)) fault = DiskFault::IoError;
  if (step == DiskStep::Write && happens(weather.disk_full)) fault = DiskFault::Full;
  disk_trouble_ = disk_trouble_ || fault != DiskFault::None;
  return fault;
}

void World::network_event() {
  if (disk.is_dead()) throw Killed{};
  if (is_killed_now()) {
    disk.die();
    throw Killed{};
  }
  if (happens(weather.stop_signal) && !stop_requested()) std::raise(SIGTERM);
  if (happens(weather.frozen)) clock.advance_ms(60'000);
  if (happens(weather.wall_jump)) clock.jump_wall_ms(dice_.range(-kDay_ms, kDay_ms));
  if (happens(weather.outage)) outage_until_ms_ = clock.monotonic_ms() + dice_.range(1'000, 1'000'000);
}

void World::acknowledge() {
  for (auto& [body, reply] : delivered_) acknowledged_.emplace(std::move(body), std::move(reply));
  delivered_.clear();
}

HttpReply World::charge(const HttpRequest& request) {
  const std::string body = teacher_.reply(request.body).body;
  charged_ += cost_of(prices_, reply_usage(body));
  ++times_charged_[request.body];
  if (money_cap > 0 && charged_ > money_cap)
    broken.push_back(format("the cap of {} was passed: {} are charged", money_cap, charged_));
  return {200, {}, body};
}

// What goes wrong with this request, if anything does.
std::optional<World::Answer> World::trouble(const HttpRequest& request) {
  const int64_t now = clock.monotonic_ms(), later = dice_.range(1, weather.latency_max_ms);
  // An error page that shows our own headers.
  const std::string page = format(R"({{"error":{{"message":"your key {} and you"}}}})", kKey);
  if (!is_calm() && now < outage_until_ms_)
    return Answer{Error{ErrorCode::Unreachable, "no route"}, false, 1};
  if (is_refusing_ || happens(weather.no_key)) {
    is_refusing_ = true;
    return Answer{HttpReply{401, {}, page}, true, later};
  }
  if (happens(weather.no_credit))
    return Answer{HttpReply{429, {}, R"({"error":{"code":"insufficient_quota"}})"}, true, later};
  if (happens(weather.too_many)) {
    HttpReply reply{429, {}, page};
    if (dice_.chance(0.5)) reply.headers = {{"retry-after", std::to_string(dice_.range(-3, 90))}};
    return Answer{reply, true, later};
  }
  if (happens(weather.server_error))
    return Answer{HttpReply{dice_.chance(0.5) ? 500 : 529, {}, page}, true, later};
  if (happens(weather.refused)) return Answer{Error{ErrorCode::Unreachable, "refused"}, false, 1};
  if (happens(weather.reset)) {
    if (dice_.chance(0.5)) charge(request);
    return Answer{Error{ErrorCode::Unreachable, "reset"}, true, later};
  }
  if (happens(weather.cut)) {
    charge(request);
    return Answer{Error{ErrorCode::Unreachable, "the connection ended inside the reply"}, true, later};
  }
  if (happens(weather.lost)) {
    if (dice_.chance(0.5)) charge(request);
    return Answer{Error{ErrorCode::Timeout, "no reply in time"}, true, request.timeout_ms};
  }
  return std::nullopt;
}

World::Answer World::answer(const HttpRequest& request) {
  std::optional<Answer> wrong = trouble(request);
  network_trouble_ = network_trouble_ || wrong;
  if (wrong) return *std::move(wrong);
  Answer right{charge(request), true, dice_.range(1, weather.latency_max_ms)};
  if (happens(weather.late)) right.latency_ms += 50'000;
  right.twice = happens(weather.twice);
  return right;
}

// The transport of one life.
class Line : public HttpTransport {
 public:
  explicit Line(World& world) : world_(world) {}

  void start(HttpRequest request) override {
    const Spared spared;
    world_.count(kStart);
    world_.acknowledge();
    world_.network_event();
    if (world_.acknowledged().contains(request.body))
      world_.broken.push_back(format("a stored request was sent again: {}", request.body));
    if ((request.url + request.body).find(kKey) != std::string::npos)
      world_.broken.push_back("the key left in an address or a body");
    World::Answer answer = world_.answer(request);
    const int64_t at = world_.clock.monotonic_ms() + answer.latency_ms;
    HttpCompletion done{request.id, std::move(answer.reply), answer.may_have_arrived, answer.latency_ms};
    if (answer.twice) due_.emplace(at + world_.dice_.range(0, 3'000), Due{request.body, done});
    due_.emplace(at, Due{std::move(request.body), std::move(done)});
    ++in_flight_;
  }

  std::vector<HttpCompletion> poll(int64_t wait_ms) override {
    const Spared spared;
    world_.count(kPoll);
    world_.acknowledge();
    world_.network_event();
    const int64_t now = world_.clock.monotonic_ms();
    const int64_t until = due_.empty() ? now : std::min(now + wait_ms, std::max(now, due_.begin()->first));
    world_.clock.sleep_ms(until - now);
    std::vector<HttpCompletion> done;
    while (!due_.empty() && due_.begin()->first <= until) {
      Due due = std::move(due_.extract(due_.begin()).mapped());
      if (due.completion.reply && due.completion.reply->status == 200)
        world_.deliver(due.body, due.completion.reply->body);
      if (in_flight_ > 0) --in_flight_;
      done.push_back(std::move(due.completion));
    }
    return done;
  }
  size_t in_flight() const override { return in_flight_; }

 private:
  struct Due {
    std::string body;
    HttpCompletion completion;
  };
  World& world_;
  std::multimap<int64_t, Due> due_;
  size_t in_flight_ = 0;
};

std::unique_ptr<HttpTransport> World::connect() { return std::make_unique<Line>(*this); }

}  // namespace retort::sim
