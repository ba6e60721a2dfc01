// 95 % intervals for what we report: a share (Wilson 1927), a mean (Student's t), and the difference between
// two arms measured on the same items (paired t, and the paired percentile bootstrap for what is far from
// normal). Where there is too little to say anything, there is no interval. They speak of the items that were
// drawn, not of a run's seed: only runs over fresh seeds tell how much a run varies.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace retort {

struct Estimate {
  double value = 0, low = 0, high = 0;
  double half() const { return (high - low) / 2; }
};

// The share hits / n, with n >= hits >= 0; nothing when n is 0. Never leaves [0, 1], and is no point at 0 or
// n.
std::optional<Estimate> wilson_interval(int64_t hits, int64_t n);
// The same where a share was stored: hits = the nearest whole number to share * n.
std::optional<Estimate> wilson_interval_of_share(double share, int64_t n);

// The mean with n - 1 degrees of freedom; nothing for fewer than two values.
std::optional<Estimate> mean_interval(std::span<const double> values);

// The mean of a[i] - b[i]; a and b are of one length. Nothing for fewer than two pairs.
std::optional<Estimate> paired_t_interval(std::span<const double> a, std::span<const double> b);

struct BootstrapOptions {
  uint64_t seed = 0;
  int64_t resamples = 10'000;
};
// The same by resampling the pairs; the percentiles interpolate linearly, as numpy's do. Same arguments, same
// numbers, on every machine.
std::optional<Estimate> paired_bootstrap_interval(std::span<const double> a, std::span<const double> b,
                                                  const BootstrapOptions& options = {});

// The t that a Student's t variable of so many degrees of freedom stays below with this probability (a value
// in (0, 1)).
double student_t_quantile(double probability, double degrees);

}  // namespace retort
