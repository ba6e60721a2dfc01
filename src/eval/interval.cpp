// Intervals; the t distribution stands on the incomplete beta function's continued fraction (DLMF 8.17.22).
#include "eval/interval.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "base/random.h"

namespace retort {
namespace {

constexpr double kZ = 1.959963984540054;  // the normal's 97.5 % point

// The continued fraction of the incomplete beta function, by Lentz's method; converges fast for
// x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  auto nonzero = [](double v) { return std::fabs(v) < kTiny ? kTiny : v; };
  double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), product = d;
  for (int m = 1; m <= 10'000; ++m) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    product *= d * c;
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    product *= d * c;
    if (std::fabs(d * c - 1) < 1e-15) break;
  }
  return product;
}

// I_x(a, b), the regularized incomplete beta function.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

// P(T > t) for t >= 0.
double upper_tail(double t, double degrees) {
  return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
}

std::vector<double> differences(std::span<const double> a, std::span<const double> b) {
  RETORT_CHECK(a.size() == b.size(), "pairs of {} and {} values", a.size(), b.size());
  std::vector<double> result(a.size());
  for (size_t i = 0; i < a.size(); ++i) result[i] = a[i] - b[i];
  return result;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

// numpy's default percentile: linear between the two nearest ranks.
double percentile(const std::vector<double>& sorted, double probability) {
  double rank = probability * static_cast<double>(sorted.size() - 1);
  size_t below = static_cast<size_t>(rank);
  size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

double student_t_quantile(double probability, double degrees) {
  RETORT_CHECK(probability > 0 && probability < 1, "a quantile at {}", probability);
  RETORT_CHECK(degrees > 0, "{} degrees of freedom", degrees);
  if (probability < 0.5) return -student_t_quantile(1 - probability, degrees);
  // The tail falls as t grows: enclose the point, then halve. About 60 steps, no derivative to go wrong.
  double tail = 1 - probability, low = 0, high = 1;
  while (upper_tail(high, degrees) > tail) high *= 2;
  while (high - low > 1e-14 * high) {
    double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (upper_tail(middle, degrees) > tail ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

std::optional<Estimate> wilson_interval(int64_t hits, int64_t n) {
  RETORT_CHECK(hits >= 0 && hits <= n, "{} hits of {}", hits, n);
  if (n == 0) return std::nullopt;
  double count = static_cast<double>(n), share = static_cast<double>(hits) / count, z2 = kZ * kZ;
  double middle = (share + z2 / (2 * count)) / (1 + z2 / count);
  double half = kZ / (1 + z2 / count) * std::sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  // At the ends the formula meets 0 or 1 exactly, but for rounding.
  double low = hits == 0 ? 0 : std::max(0.0, middle - half);
  double high = hits == n ? 1 : std::min(1.0, middle + half);
  return Estimate{share, low, high};
}

std::optional<Estimate> wilson_interval_of_share(double share, int64_t n) {
  return wilson_interval(std::llround(share * static_cast<double>(n)), n);
}

std::optional<Estimate> mean_interval(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  double count = static_cast<double>(values.size()), centre = mean(values), squares = 0;
  for (double v : values) squares += (v - centre) * (v - centre);
  double error = std::sqrt(squares / (count - 1) / count);
  double half = student_t_quantile(0.975, count - 1) * error;
  return Estimate{centre, centre - half, centre + half};
}

std::optional<Estimate> paired_t_interval(std::span<const double> a, std::span<const double> b) {
  return mean_interval(differences(a, b));
}

std::optional<Estimate> paired_bootstrap_interval(std::span<const double> a, std::span<const double> b,
                                                  const BootstrapOptions& options) {
  RETORT_CHECK(options.resamples >= 1, "{} resamples", options.resamples);
  std::vector<double> pairs = differences(a, b);
  if (pairs.size() < 2) return std::nullopt;
  std::vector<double> means(static_cast<size_t>(options.resamples));
  for (size_t r = 0; r < means.size(); ++r) {
    Random random(options.seed, "bootstrap", r);
    double sum = 0;
    for (size_t i = 0; i < pairs.size(); ++i) sum += pairs[random.below(pairs.size())];
    means[r] = sum / static_cast<double>(pairs.size());
  }
  std::sort(means.begin(), means.end());
  return Estimate{mean(pairs), percentile(means, 0.025), percentile(means, 0.975)};
}

}  // namespace retort
