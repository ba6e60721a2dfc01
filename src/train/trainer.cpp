#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "nn/memory.h"
#include "train/checkpoint.h"
#include "train/compute_weights.h"
#include "train/job.h"
#include "train/loss.h"
#include "train/memory_plan.h"
#include "train/optimizer.h"
#include "train/packing.h"
#include "train/schedule.h"
#include "train/step_plan.h"
#include "train/trainable.h"

namespace retort {
namespace {

// A plan that is larger than this is told; smaller ones fit anywhere.
constexpr int64_t kToldBytesMin = int64_t{1} << 30;

// Weights record gradients for as long as this lives.
class GradientScope {
 public:
  explicit GradientScope(Decoder& decoder) {
    for (auto& [name, weight] : trainable_weights(decoder)) weights_.push_back(weight->requires_grad_(true));
  }
  ~GradientScope() {
    for (torch::Tensor& weight : weights_) {
      weight.mutable_grad() = torch::Tensor();
      weight.requires_grad_(false);
    }
  }
  GradientScope(const GradientScope&) = delete;
  GradientScope& operator=(const GradientScope&) = delete;

 private:
  std::vector<torch::Tensor> weights_;
};

Result<void> check_options(std::span<const TokenSequence> data, const TrainOptions& options) {
  if (options.optimizer != "muon" && options.optimizer != "adamw")
    return Error{ErrorCode::InvalidArgument,
                 format("optimizer \"{}\" is not known; use \"muon\" or \"adamw\"", options.optimizer)};
  RETORT_TRY(check_schedule(options));
  if (options.compute != "fp32" && options.compute != "bf16")
    return Error{ErrorCode::InvalidArgument,
                 format("training in \"{}\" is not known; use \"fp32\" or \"bf16\"", options.compute)};
  if (options.recompute != "on" && options.recompute != "off" && options.recompute != "auto")
    return Error{ErrorCode::InvalidArgument,
                 format("train.recompute \"{}\" is not known; use \"auto\", \"on\" "
                        "or \"off\"",
                        options.recompute)};
  if (options.rows_per_step < 1 || options.row_tokens < 2 || options.steps < 0 || options.epochs < 0)
    return Error{ErrorCode::InvalidArgument,
                 format("cannot train {} rows a step of {} tokens, {} steps, {} epochs; all must be positive",
                        options.rows_per_step, options.row_tokens, options.steps, options.epochs)};
  if (data.empty())
    return Error{ErrorCode::InvalidArgument,
                 "there is nothing to train on: no example was left; check the drops"};
  return {};
}

// One run of the loop: what changes from step to step, and how it is stored.
class TrainingRun {
 public:
  TrainingRun(Decoder& decoder, std::span<const TokenSequence> data, const TrainOptions& options,
              const MemoryPlan& memory, const std::function<void(const TrainProgress&)>& progress)
      : decoder_(decoder),
        data_(data),
        options_(options),
        progress_(progress),
        plan_(data, options),
        gradients_(decoder),
        compute_(decoder, options.compute == "bf16" ? torch::kBFloat16 : torch::kFloat32),
        optimizer_(decoder, options),
        pass_rows_(memory.pass_rows),
        recompute_(memory.recompute) {
    report_.memory = memory.text();
  }

  Result<void> run(const std::optional<CheckpointFolder>& checkpoints) {
    int64_t started_ms = system_clock().monotonic_ms();
    if (checkpoints) resume(*checkpoints);
    double seconds_before = report_.seconds;
    while (report_.steps < plan_.steps()) {
      if (stop_requested()) return stop(checkpoints);
      RETORT_TRY(step());
      report_.seconds =
          seconds_before + static_cast<double>(system_clock().monotonic_ms() - started_ms) / 1'000;
      tell();
      bool due = options_.checkpoint_every_steps > 0 && report_.steps % options_.checkpoint_every_steps == 0;
      if (checkpoints && due) RETORT_TRY(save(*checkpoints));
    }
    return {};
  }

  TrainReport report() && {
    size_t tenth = std::max<size_t>(1, report_.losses.size() / 10);
    auto mean = [&](auto begin) {
      return std::accumulate(begin, begin + tenth, 0.0) / static_cast<double>(tenth);
    };
    report_.first_loss = mean(report_.losses.begin());
    report_.last_loss = mean(report_.losses.end() - static_cast<std::ptrdiff_t>(tenth));
    report_.pass_rows = pass_rows_;
    report_.padding_share =
        cells_ > 0 ? 1 - static_cast<double>(report_.tokens) / static_cast<double>(cells_) : 0;
    return std::move(report_);
  }

 private:
  Result<void> step() {
    std::vector<PackedRow> rows = plan_.rows_of(report_.steps);
    double weight = total_weight(data_, rows);
    RETORT_CHECK(weight > 0, "step {} has no response token that counts", report_.steps);
    last_.loss = forward_backward(rows, 1.0 / weight);
    last_.gradient_norm = optimizer_.clip_gradients();
    double share = schedule_share(options_, report_.steps, plan_.steps());
    last_.learning_rate = share * options_.learning_rate;
    if (!std::isfinite(last_.loss) || !std::isfinite(last_.gradient_norm)) return diverged();
    optimizer_.step(share, report_.steps);
    optimizer_.clear_gradients();
    compute_.refresh();
    report_.steps += 1;
    report_.response_tokens += count_response_tokens(data_, rows);
    report_.losses.push_back(last_.loss);
    return {};
  }

  // Gradients of the loss's weighted sum times `scale`; returns that loss. When memory runs out, the step is
  // begun again in smaller passes.
  double forward_backward(std::span<const PackedRow> rows, double scale) {
    while (true) try {
        return run_passes(rows, scale);
      } catch (const std::exception& failure) {
        if (!is_out_of_memory(failure) || !shrink_passes()) throw;
        compute_.drop_gradients();
        optimizer_.clear_gradients();
        log_warning("memory ran out; going on with passes of {} rows{}", pass_rows_,
                    recompute_ == Recompute::Layers ? " whose activations are made again" : "");
      }
  }

  // False when there is nothing left to save on.
  bool shrink_passes() {
    if (pass_rows_ > 1)
      pass_rows_ = (pass_rows_ + 1) / 2;
    else if (recompute_ == Recompute::Nothing && options_.recompute != "off")
      recompute_ = Recompute::Layers;
    else
      return false;
    return true;
  }

  double run_passes(std::span<const PackedRow> rows, double scale) {
    const size_t pass_rows = static_cast<size_t>(pass_rows_);
    double loss = 0;
    int64_t tokens = 0;
    for (size_t begin = 0; begin < rows.size(); begin += pass_rows) {
      auto part = rows.subspan(begin, std::min(pass_rows, rows.size() - begin));
      TrainBatch batch = make_batch(data_, part, options_.row_tokens, decoder_.embedding_VD.device());
      tokens += batch.tokens;
      if (batch.response_tokens == 0) continue;
      torch::Tensor part_loss = response_loss_sum(compute_.decoder(), batch, scale, recompute_);
      part_loss.backward();
      compute_.gather_gradients();
      loss += part_loss.item<double>();
    }
    report_.tokens += tokens;
    cells_ += static_cast<int64_t>(rows.size()) * options_.row_tokens;
    return loss;
  }

  void tell() {
    if (!progress_) return;
    last_.step = report_.steps, last_.steps = plan_.steps();
    last_.tokens_per_second = report_.seconds > 0 ? static_cast<double>(report_.tokens) / report_.seconds : 0;
    progress_(last_);
  }

  Result<void> diverged() const {
    return Error{
        ErrorCode::Diverged,
        format("training diverged at step {} of {}: loss {}, gradient norm {}, learning rate {}; lower the "
               "learning rate or lengthen the warm-up",
               report_.steps + 1, plan_.steps(), last_.loss, last_.gradient_norm, last_.learning_rate)};
  }

  Result<void> stop(const std::optional<CheckpointFolder>& checkpoints) {
    if (checkpoints) RETORT_TRY(save(*checkpoints));
    return Error{ErrorCode::Interrupted,
                 format("training stopped after {} of {} steps; run the same command to go on", report_.steps,
                        plan_.steps())};
  }

  NamedTensors tensors() {
    NamedTensors all = optimizer_.state();
    for (auto& [name, weight] : trainable_weights(decoder_)) all.emplace_back(name, *weight);
    return all;
  }

  Result<void> save(const CheckpointFolder& checkpoints) {
    Json losses = Json::array();
    for (double loss : report_.losses) losses.push(loss);
    Json facts = Json::object();
    facts.set("steps", report_.steps).set("tokens", report_.tokens).set("cells", cells_);
    facts.set("response_tokens", report_.response_tokens)
        .set("seconds", report_.seconds)
        .set("pass_rows", pass_rows_)
        .set("recomputed", recompute_ == Recompute::Layers)
        .set("losses", losses);
    return checkpoints.save(report_.steps, tensors(), facts);
  }

  void resume(const CheckpointFolder& checkpoints) {
    std::optional<Json> facts = checkpoints.load(tensors());
    if (!facts) return;
    report_.steps = facts->at_path("steps").integer_or(0);
    report_.tokens = facts->at_path("tokens").integer_or(0);
    report_.response_tokens = facts->at_path("response_tokens").integer_or(0);
    report_.seconds = facts->at_path("seconds").number_or(0);
    cells_ = facts->at_path("cells").integer_or(0);
    for (const Json& loss : facts->at_path("losses").items()) report_.losses.push_back(loss.number_or(0));
    // A run that had to cut its passes goes on with those, so that sums are made in the same order.
    pass_rows_ = std::clamp<int64_t>(facts->at_path("pass_rows").integer_or(pass_rows_), 1, pass_rows_);
    if (facts->at_path("recomputed").bool_or(false)) recompute_ = Recompute::Layers;
    compute_.refresh();
    log_info("training goes on after step {} of {}", report_.steps, plan_.steps());
  }

  Decoder& decoder_;
  std::span<const TokenSequence> data_;
  const TrainOptions& options_;
  const std::function<void(const TrainProgress&)>& progress_;
  StepPlan plan_;
  GradientScope gradients_;
  ComputeWeights compute_;
  Optimizer optimizer_;
  int64_t pass_rows_;
  Recompute recompute_;
  TrainReport report_;
  TrainProgress last_;
  int64_t cells_ = 0;  // tokens with padding
};

}  // namespace

Result<TrainReport> train(Decoder& decoder, std::span<const TokenSequence> data, const TrainOptions& options,
                          const Path& checkpoint_folder,
                          const std::function<void(const TrainProgress&)>& progress) {
  RETORT_TRY(check_options(data, options));
  keep_freed_memory();
  MemoryPlan memory =
      RETORT_TRY(plan_memory(decoder, options, available_bytes(decoder.embedding_VD.device())));
  if (memory.total() >= kToldBytesMin)
    log_info("training in {} holds {}, in passes of {} rows", options.compute, memory.text(),
             memory.pass_rows);
  std::optional<CheckpointFolder> checkpoints;
  if (!checkpoint_folder.empty()) checkpoints.emplace(checkpoint_folder, job_name(decoder, data, options));
  TrainingRun run(decoder, data, options, memory, progress);
  RETORT_TRY(run.run(checkpoints));
  return std::move(run).report();
}

double mean_loss(const Decoder& decoder, std::span<const TokenSequence> data, int64_t row_tokens,
                 int64_t rows_per_batch) {
  torch::NoGradGuard no_grad;
  std::vector<PackedRow> rows = pack_rows(data, row_tokens);
  double loss = 0;
  int64_t response_tokens = 0;
  size_t step = static_cast<size_t>(rows_per_batch);
  for (size_t begin = 0; begin < rows.size(); begin += step) {
    auto part = std::span<const PackedRow>(rows).subspan(begin, std::min(step, rows.size() - begin));
    TrainBatch batch = make_batch(data, part, row_tokens, decoder.embedding_VD.device());
    if (batch.response_tokens == 0) continue;
    loss += response_loss_sum(decoder, batch).item<double>();
    response_tokens += batch.response_tokens;
  }
  RETORT_CHECK(response_tokens > 0, "no response token to take the loss of");
  return loss / static_cast<double>(response_tokens);
}

}  // namespace retort
