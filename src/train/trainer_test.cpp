#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>

#include "base/stop.h"
#include "base/test.h"
#include "model/adapter.h"
#include "model/folder.h"
#include "train/memory_plan.h"
#include "train/tiny_model.h"

using namespace retort;

namespace {

TrainOptions tiny_options() {
  TrainOptions options;
  options.steps = 12, options.rows_per_step = 2, options.row_tokens = 32, options.learning_rate = 2e-2;
  options.weight_decay = 0.1;
  return options;
}

bool same_weights(Decoder& a, Decoder& b) {
  auto x = named_weights(a), y = named_weights(b);
  for (size_t i = 0; i < x.size(); ++i)
    if (!torch::equal(*x[i].second, *y[i].second)) return false;
  return true;
}

struct Trained {
  Decoder decoder = make_decoder(tiny_config(), 1);
  Result<TrainReport> report = TrainReport{};
};

// Trains from the start; `stop_after` steps the process is asked to stop.
Trained trained(const TrainOptions& options, const Path& folder = {}, int64_t stop_after = 0) {
  Trained result;
  auto data = tiny_documents(30);
  result.report = train(result.decoder, data, options, folder, [&](const TrainProgress& progress) {
    if (progress.step == stop_after) std::raise(SIGTERM);
  });
  return result;
}

void damage(const Path& file) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(-20, std::ios::end);
  bytes.put('\x5a');
}

// The folders of checkpoints, oldest first.
std::vector<Path> checkpoints(const Path& folder) {
  std::vector<Path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// Lets a test ask the process to stop, and takes it back.
struct StopScope {
  StopScope() { install_stop_signals(); }
  ~StopScope() { forget_stop_request(); }
};

}  // namespace

TEST_CASE("a tiny set is learnt by heart, with either optimizer") {
  for (const char* name : {"muon", "adamw"}) {
    Decoder decoder = make_decoder(tiny_config(), 1);
    auto data = tiny_documents(6);
    TrainOptions options = tiny_options();
    options.optimizer = name, options.steps = 120, options.weight_decay = 0;
    options.adamw_learning_rate = 1e-2;
    double before = mean_loss(decoder, data, 32);
    Result<TrainReport> report = train(decoder, data, options, {});
    CAPTURE(name);
    CHECK(before > 2.5);
    CHECK(mean_loss(decoder, data, 32) < 0.1);
    CHECK(report->losses.size() == 120);
    CHECK(report->first_loss > 5 * report->last_loss);
    CHECK_FALSE(decoder.embedding_VD.requires_grad());
  }
}

TEST_CASE("the report counts tokens, response tokens and padding") {
  Decoder decoder = make_decoder(tiny_config(), 1);
  std::vector<TokenSequence> data = {{{2, 3, 4, 1}, 2}, {{5, 6, 1}, 1}};
  TrainOptions options = tiny_options();
  options.steps = 0, options.epochs = 3, options.row_tokens = 10, options.rows_per_step = 1;
  Result<TrainReport> report = train(decoder, data, options, {});
  CHECK(report->steps == 3);
  CHECK(report->tokens == 21);
  CHECK(report->response_tokens == 12);
  CHECK(report->padding_share == doctest::Approx(0.3));
}

TEST_CASE("a step in several passes is the step in one") {
  // 8,192 tokens fit one pass: rows of 4,096 need two, rows of 256 one; the documents and their weight are
  // the same.
  auto data = tiny_documents(1'400);
  double losses[2], norms[2];
  for (int way : {0, 1}) {
    Decoder decoder = make_decoder(tiny_config(), 1);
    TrainOptions options = tiny_options();
    options.steps = 0, options.epochs = 1;
    options.row_tokens = way == 0 ? 4'096 : 256, options.rows_per_step = way == 0 ? 3 : 48;
    Result<TrainReport> report = train(decoder, data, options, {}, [&](const TrainProgress& progress) {
      losses[way] = progress.loss, norms[way] = progress.gradient_norm;
    });
    CHECK(report->steps == 1);
  }
  CHECK(losses[0] == doctest::Approx(losses[1]).epsilon(1e-5));
  CHECK(norms[0] == doctest::Approx(norms[1]).epsilon(1e-4));
}

TEST_CASE("mean loss weighs every response token the same, however rows are batched") {
  Decoder decoder = make_decoder(tiny_config(), 1);
  auto data = tiny_documents(20);
  double whole = mean_loss(decoder, data, 32);
  CHECK(mean_loss(decoder, data, 16, 1) == doctest::Approx(whole).epsilon(1e-5));
  CHECK(mean_loss(decoder, data, 24, 3) == doctest::Approx(whole).epsilon(1e-5));
}

TEST_CASE("a run stopped after any step goes on to the same bits") {
  TemporaryFolder folder;
  for (const char* name : {"muon", "adamw"}) {
    TrainOptions options = tiny_options();
    options.optimizer = name;
    Trained whole = trained(options);
    for (int64_t step = 1; step < options.steps; ++step) {
      Path place = folder.path() / format("{}{}", name, step);
      {
        StopScope stop;
        Trained stopped = trained(options, place, step);
        REQUIRE(!stopped.report);
        CHECK(stopped.report.error().code == ErrorCode::Interrupted);
        CHECK_FALSE(same_weights(stopped.decoder, whole.decoder));
      }
      Trained resumed = trained(options, place);
      CHECK(same_weights(resumed.decoder, whole.decoder));
      CHECK(resumed.report->losses == whole.report->losses);
      CHECK(resumed.report->tokens == whole.report->tokens);
    }
  }
}

TEST_CASE("the last two checkpoints are kept, and a damaged one falls back to the one before") {
  TemporaryFolder folder;
  TrainOptions options = tiny_options();
  options.checkpoint_every_steps = 3;
  Trained whole = trained(options, folder.path());
  REQUIRE(checkpoints(folder.path()).size() == 2);
  CHECK(checkpoints(folder.path())[1].filename().string().ends_with("12"));
  for (const char* file : {"state-000.safetensors", "manifest.json"}) {
    damage(checkpoints(folder.path())[1] / file);
    int64_t first_step = 0;
    Decoder decoder = make_decoder(tiny_config(), 1);
    auto data = tiny_documents(30);
    Result<TrainReport> report =
        train(decoder, data, options, folder.path(), [&](const TrainProgress& progress) {
          if (first_step == 0) first_step = progress.step;
        });
    CHECK(first_step == 10);
    CHECK(same_weights(decoder, whole.decoder));
  }
}

TEST_CASE("when every checkpoint is damaged the job starts again from its own beginning") {
  TemporaryFolder folder;
  TrainOptions options = tiny_options();
  options.checkpoint_every_steps = 5;
  Trained whole = trained(options, folder.path());
  for (const Path& checkpoint : checkpoints(folder.path()))
    std::filesystem::remove(checkpoint / "manifest.json");
  Trained again = trained(options, folder.path());
  CHECK(same_weights(again.decoder, whole.decoder));
  CHECK(again.report->losses == whole.report->losses);
}

TEST_CASE("the checkpoint of another job is not gone on from") {
  TemporaryFolder folder;
  TrainOptions options = tiny_options();
  options.checkpoint_every_steps = 4;
  trained(options, folder.path());
  options.seed = 7;
  Trained other = trained(options, folder.path()), fresh = trained(options);
  CHECK(same_weights(other.decoder, fresh.decoder));
  CHECK(checkpoints(folder.path()).size() == 2);
}

TEST_CASE("a loss that is not finite ends the run before the weights are touched") {
  Decoder decoder = make_decoder(tiny_config(), 1);
  decoder.final_norm_D.mul_(std::nanf(""));
  torch::Tensor before = decoder.layers[0].up.weight.clone();
  auto data = tiny_documents(4);
  Result<TrainReport> report = train(decoder, data, tiny_options(), {});
  REQUIRE(!report);
  CHECK(report.error().code == ErrorCode::Diverged);
  CHECK(torch::equal(before, decoder.layers[0].up.weight));
}

TEST_CASE("an unknown optimizer or schedule, and no data, are errors that say so") {
  Decoder decoder = make_decoder(tiny_config(), 1);
  auto data = tiny_documents(4);
  TrainOptions options = tiny_options();
  options.optimizer = "sgd";
  CHECK(train(decoder, data, options, {}).error().code == ErrorCode::InvalidArgument);
  options = tiny_options();
  options.schedule = "triangle";
  CHECK(train(decoder, data, options, {}).error().code == ErrorCode::InvalidArgument);
  CHECK(train(decoder, {}, tiny_options(), {}).error().code == ErrorCode::InvalidArgument);
}

namespace {

// A CPU allocator that has nothing larger than a limit.
class LimitedAllocator : public c10::Allocator {
 public:
  explicit LimitedAllocator(size_t limit) : limit_(limit) { c10::SetAllocator(c10::kCPU, this, 100); }
  ~LimitedAllocator() override { c10::SetAllocator(c10::kCPU, real_, 100); }
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes > limit_) throw std::bad_alloc();
    return real_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return real_->raw_deleter(); }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

 private:
  size_t limit_;
  c10::Allocator* real_ = c10::GetAllocator(c10::kCPU);
};

struct OneStep {
  TrainReport report;
  double loss = 0, norm = 0;
};

OneStep one_step(const TrainOptions& options) {
  auto data = tiny_documents(1'400);
  Decoder decoder = make_decoder(tiny_config(), 1);
  OneStep step;
  step.report = or_throw(train(decoder, data, options, {}, [&](const TrainProgress& progress) {
    step.loss = progress.loss, step.norm = progress.gradient_norm;
  }));
  return step;
}

TrainOptions one_large_step() {
  TrainOptions options = tiny_options();
  options.steps = 0, options.epochs = 1, options.row_tokens = 256, options.rows_per_step = 48;
  return options;
}

}  // namespace

TEST_CASE("when memory runs out, smaller passes make the same step") {
  OneStep whole = one_step(one_large_step()), cut;
  {
    LimitedAllocator allocator(400'000);  // a pass of 32 rows wants 1.5 MB for one layer's gate and up
    cut = one_step(one_large_step());
  }
  CHECK(whole.report.pass_rows == 32);
  CHECK(cut.report.pass_rows < 32);
  CHECK(cut.report.tokens == whole.report.tokens);
  CHECK(cut.report.padding_share == doctest::Approx(whole.report.padding_share));
  CHECK(cut.loss == doctest::Approx(whole.loss).epsilon(1e-5));
  CHECK(cut.norm == doctest::Approx(whole.norm).epsilon(1e-4));
}

TEST_CASE("memory that does not even hold one row ends the run, and the weights stay") {
  Decoder decoder = make_decoder(tiny_config(), 1), same = make_decoder(tiny_config(), 1);
  auto data = tiny_documents(1'400);
  {
    LimitedAllocator allocator(20'000);
    CHECK_THROWS(train(decoder, data, one_large_step(), {}));
  }
  CHECK(same_weights(decoder, same));
}

TEST_CASE("the plan of memory grows with what it counts, and says what to lower when it does not fit") {
  Decoder decoder = make_decoder(tiny_config(), 1);
  TrainOptions options = one_large_step();
  const int64_t plenty = int64_t{1} << 40;
  MemoryPlan plan = or_throw(plan_memory(decoder, options, plenty));
  CHECK(plan.pass_rows == 32);
  CHECK(plan.weights == 4 * weight_count(decoder));
  options.optimizer = "adamw";
  CHECK(or_throw(plan_memory(decoder, options, plenty)).optimizer == 8 * weight_count(decoder));
  // Less memory: smaller passes first, then activations that are made again.
  MemoryPlan tight = or_throw(plan_memory(decoder, options, plan.total() / 2));
  CHECK(tight.pass_rows < 32);
  CHECK(tight.recompute == Recompute::Nothing);
  MemoryPlan tightest = or_throw(plan_memory(decoder, options, plan.total() / 12));
  CHECK(tightest.recompute == Recompute::Layers);
  Result<MemoryPlan> none = plan_memory(decoder, options, 1'000);
  REQUIRE(!none);
  CHECK(none.error().code == ErrorCode::OutOfMemory);
  CHECK(none.error().message.find("lower train.row_tokens (256)") != std::string::npos);
}

TEST_CASE("activations that are made again train to the same bits") {
  TrainOptions options = tiny_options();
  Trained kept = trained(options);
  options.recompute = "on";
  Trained dropped = trained(options);
  CHECK(same_weights(kept.decoder, dropped.decoder));
}

TEST_CASE(
    "in bf16 a run learns as in fp32, its masters stay fp32, and a stopped one goes on to the same bits") {
  TemporaryFolder folder;
  TrainOptions options = tiny_options();
  options.optimizer = "adamw", options.steps = 60;
  Trained wide = trained(options);
  options.compute = "bf16";
  Trained narrow = trained(options);
  CHECK((narrow.decoder.embedding_VD.scalar_type() == torch::kFloat32));
  CHECK(narrow.report->last_loss == doctest::Approx(wide.report->last_loss).epsilon(0.05));
  CHECK_FALSE(same_weights(wide.decoder, narrow.decoder));
  {
    StopScope stop;
    trained(options, folder.path(), 23);
  }
  Trained resumed = trained(options, folder.path());
  CHECK(resumed.report->losses == narrow.report->losses);
  CHECK(same_weights(resumed.decoder, narrow.decoder));
}

TEST_CASE("an adapter is trained alone, its checkpoint holds nothing else, and a stopped run goes on") {
  TemporaryFolder folder;
  TrainOptions options = tiny_options();
  options.optimizer = "adamw", options.steps = 40;
  auto data = tiny_documents(30);
  auto run = [&](Decoder& decoder, const Path& place, int64_t stop_after) {
    or_throw(attach_adapters(decoder, {.rank = 4, .alpha = 8}, 3));
    return train(decoder, data, options, place, [&](const TrainProgress& progress) {
      if (progress.step == stop_after) std::raise(SIGTERM);
    });
  };
  for (const char* compute : {"fp32", "bf16"}) {
    options.compute = compute;
    Decoder base = make_decoder(tiny_config(), 1), whole = make_decoder(tiny_config(), 1);
    TrainReport report = or_throw(run(whole, {}, 0));
    CHECK(same_weights(base, whole));
    CHECK(report.last_loss < 0.9 * report.first_loss);
    Decoder stopped = make_decoder(tiny_config(), 1), resumed = make_decoder(tiny_config(), 1);
    Path place = folder.path() / compute;
    {
      StopScope stop;
      CHECK(run(stopped, place, 17).error().code == ErrorCode::Interrupted);
    }
    auto state = or_throw(read_safetensors(checkpoints(place)[0] / "state-000.safetensors"));
    for (auto& [name, tensor] : state) CHECK(name.find("lora_") != std::string::npos);
    CHECK(or_throw(run(resumed, place, 0)).losses == report.losses);
    double loss = mean_loss(whole, data, 32);
    merge_adapters(whole);
    CHECK(adapter_weights(whole).empty());
    CHECK_FALSE(same_weights(base, whole));
    CHECK(mean_loss(whole, data, 32) == doctest::Approx(loss).epsilon(1e-4));
  }
}

TEST_CASE("an adapter's folder loads as it was saved, and a foreign one is refused by name") {
  TemporaryFolder folder;
  Decoder decoder = make_decoder(tiny_config(), 1), back = make_decoder(tiny_config(), 1);
  AdapterOptions options{.rank = 3, .alpha = 5, .targets = {"q_proj", "down_proj"}};
  or_throw(attach_adapters(decoder, options, 3));
  for (auto& [name, weight] : adapter_weights(decoder)) weight->normal_();
  or_throw(save_adapter_folder(folder.path(), decoder, options, "somewhere"));
  AdapterOptions held = or_throw(load_adapter_folder(folder.path(), back));
  CHECK(held.rank == 3);
  CHECK(held.targets == options.targets);
  auto data = tiny_documents(10);
  CHECK(mean_loss(back, data, 32) == mean_loss(decoder, data, 32));
  CHECK(load_adapter_folder(folder.path(), back).error().code == ErrorCode::InvalidArgument);  // has one
  DecoderConfig other = tiny_config();
  other.width = 24;
  Decoder wider = make_decoder(other, 1);
  CHECK(load_adapter_folder(folder.path(), wider).error().code == ErrorCode::Mismatch);
  CHECK(adapter_weights(wider).empty());
  CHECK(attach_adapters(wider, {.targets = {"lm_head"}}, 1).error().code == ErrorCode::InvalidArgument);
}
