// What is kept of a training's steps for those who look at the run: at most 200 stretches of them, the mean
// over each. A training that went on from a checkpoint keeps the steps it made itself.
#pragma once

#include <utility>

#include "base/json.h"
#include "student/student.h"

namespace retort {

class TrainCurve {
 public:
  void add(const ImitateProgress& step) {
    const int64_t stretch = (step.steps + kStretchesMax - 1) / kStretchesMax;
    ++held_;
    loss_ += step.loss;
    norm_ += step.gradient_norm;
    rate_ += step.learning_rate;
    if (held_ < stretch && step.step < step.steps) return;
    const auto mean = [&](double& sum) { return std::exchange(sum, 0.0) / static_cast<double>(held_); };
    steps_.push(step.step);
    losses_.push(mean(loss_));
    norms_.push(mean(norm_));
    rates_.push(mean(rate_));
    speeds_.push(step.tokens_per_second);  // a mean since the beginning already
    held_ = 0;
  }
  Json json() const {
    return Json::object()
        .set("step", steps_)
        .set("loss", losses_)
        .set("norm", norms_)
        .set("rate", rates_)
        .set("speed", speeds_);
  }

 private:
  static constexpr int64_t kStretchesMax = 200;
  int64_t held_ = 0;
  double loss_ = 0, norm_ = 0, rate_ = 0;
  Json steps_ = Json::array(), losses_ = Json::array(), norms_ = Json::array(), rates_ = Json::array(),
       speeds_ = Json::array();
};

}  // namespace retort
