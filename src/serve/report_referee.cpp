// What the referee saw: the gaps of each round with the threshold, and how many pairs would be hard at other
// thresholds, from the verdicts that are stored; no call is made.
#include <algorithm>
#include <cmath>

#include "serve/chart.h"
#include "serve/figure_table.h"
#include "serve/report_sections.h"

namespace retort {
namespace {

constexpr double kBin = 0.5;  // gaps are means of whole scores over two orders

std::vector<AxisTick> whole_ticks(double low, double high) {
  std::vector<AxisTick> ticks;
  double step = high - low > 12 ? 2 : 1;
  for (double at = std::ceil(low / step) * step; at <= high; at += step)
    ticks.push_back({at, decimal(at, 0), ""});
  return ticks;
}

// Bins [k·0.5 − 0.25, k·0.5 + 0.25), each around a value that two whole scores can give; the threshold's line
// stands at the edge below it, so that what is right of the line is hard.
Html histogram(const GapView& view) {
  std::map<int64_t, int64_t> bins;
  for (double gap : view.gaps) ++bins[static_cast<int64_t>(std::floor(gap / kBin + 0.5))];
  BarChart chart{.description = format("Histogram of score gaps, round {}", view.round),
                 .x_label = "gap: teacher's score − student's, points of 10",
                 .y_label = "judged pairs"};
  for (int64_t k = bins.begin()->first; k <= bins.rbegin()->first; ++k) {
    double middle = static_cast<double>(k) * kBin;
    bool is_hard = view.threshold && middle >= *view.threshold;
    chart.bars.push_back({.from = middle - kBin / 2,
                          .to = middle + kBin / 2,
                          .value = static_cast<double>(bins[k]),
                          .emphasized = is_hard});
  }
  chart.x_ticks = whole_ticks(chart.bars.front().from, chart.bars.back().to);
  if (view.threshold) {
    chart.mark = std::clamp(*view.threshold - kBin / 2, chart.bars.front().from, chart.bars.back().to);
    chart.mark_label = format("hard: gap ≥ {:g}", *view.threshold);
  }
  return bar_chart(chart);
}

Html sweep(const GapView& view) {
  BarChart chart{.description = format("Hard pairs by threshold, round {}", view.round),
                 .x_label = "threshold τ, points of 10 (the run's own is stronger)",
                 .y_label = "hard pairs"};
  double at = 0;
  for (const auto& [threshold, hard] : view.sweep) {
    bool is_own = view.threshold && threshold == *view.threshold;
    chart.bars.push_back({at + 0.12, at + 0.88, static_cast<double>(hard), thousands(hard), is_own});
    chart.x_ticks.push_back({at + 0.5, format("{:g}", threshold), ""});
    at += 1;
  }
  return bar_chart(chart);
}

std::string counts(const GapView& view) {
  int64_t hard = 0;
  for (double gap : view.gaps) hard += view.threshold && gap >= *view.threshold ? 1 : 0;
  std::string text = format("{} judged", thousands(static_cast<int64_t>(view.gaps.size())));
  if (view.threshold)
    text += format(", {} hard, {} easy", thousands(hard),
                   thousands(static_cast<int64_t>(view.gaps.size()) - hard));
  return text + format("; {} unjudged", thousands(view.unjudged));
}

void write_rates(const RunView& view, Html& html) {
  open_table({.note = "The student against the teacher, before each round; of the pairs with scores.",
              .figures = {"round", "preferred", "even", "behind", "orders that disagree on who is better"}},
             html);
  for (const RoundView& r : view.main.rounds) {
    if (!r.win_rate && !r.order_disagreement) continue;
    html.write("<tr>{}", figure_cell(std::to_string(r.round)));
    for (std::optional<double> share : {r.win_rate, r.tie_rate, r.loss_rate, r.order_disagreement})
      html.write(figure_cell(share ? percent(*share) : ""));
    html.write("</tr>");
  }
  close_table(html);
}

}  // namespace

Html referee_section(const RunView& view) {
  Html html;
  if (view.evidence.gaps.empty()) return html;
  html.write(
      "<section><h2>What the referee saw</h2><p>Each pair is judged in both orders; a gap is the mean of the "
      "orders that gave scores. A pair without scores is unjudged and counts on neither side.</p>");
  html.write("<div class=\"figures\">");
  const GapView* last = nullptr;
  for (const GapView& gap : view.evidence.gaps) {
    if (gap.gaps.empty()) {
      html.write("<p>Round {}: {}.</p>", gap.round, counts(gap));
      continue;
    }
    last = &gap;
    html.write("<figure><figcaption><b>Score gaps, round {}.</b> {}.</figcaption>{}</figure>", gap.round,
               counts(gap), histogram(gap));
  }
  if (last != nullptr)
    html.write(
        "<figure><figcaption><b>Hard pairs by threshold, round {}.</b> Counted from the stored verdicts."
        "</figcaption>{}</figure>",
        last->round, sweep(*last));
  html.write("</div>");
  write_rates(view, html);
  return html.write("</section>");
}

}  // namespace retort
