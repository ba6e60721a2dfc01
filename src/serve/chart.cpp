// SVG by hand. All lengths are in units of the view box, which is about as many pixels as a phone is wide.
#include "serve/chart.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace retort {
namespace {

constexpr double kWidth = 420, kHeight = 270, kTop = 16, kBottom = 54, kLeft = 66;

struct Frame {
  double right = 14;  // margin for direct labels
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  double x(double v) const { return kLeft + (v - x_low) / (x_high - x_low) * (kWidth - kLeft - right); }
  double y(double v) const { return kHeight - kBottom - (v - y_low) / (y_high - y_low) * plot_height(); }
  static double plot_height() { return kHeight - kTop - kBottom; }
};

std::string tick_text(double value, double step, Unit unit) {
  if (unit == Unit::Share) return decimal(value * 100, step * 100 < 1 ? 1 : 0) + "\u00a0%";
  if (step >= 1) return thousands(std::llround(value));
  return decimal(value, std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 1, 4));
}

Html open_svg(const std::string& description) {
  Html svg;
  svg.write("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth, kHeight, description);
  return svg;
}

void draw_y_axis(const Frame& frame, const std::vector<double>& ticks, Unit unit, const std::string& label,
                 Html& svg) {
  double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  for (double tick : ticks) {
    double y = frame.y(tick);
    svg.write("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
              kWidth - frame.right, y, y);
    svg.write("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kLeft - 6,
              y + 4, tick_text(tick, step, unit));
  }
  double middle = kTop + Frame::plot_height() / 2;
  svg.write(
      "<text class=\"axis\" x=\"12\" y=\"{:.1f}\" text-anchor=\"middle\" "
      "transform=\"rotate(-90 12 {:.1f})\">{}</text>",
      middle, middle, label);
}

void draw_x_axis(const Frame& frame, const std::vector<AxisTick>& ticks, const std::string& label,
                 Html& svg) {
  double base = kHeight - kBottom;
  svg.write("<line class=\"base\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
            kWidth - frame.right, base, base);
  for (const AxisTick& tick : ticks) {
    svg.write("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
              frame.x(tick.at), base + 15, tick.label);
    if (!tick.second_line.empty())
      svg.write("<text class=\"tick faint\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                frame.x(tick.at), base + 29, tick.second_line);
  }
  svg.write("<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
            (kLeft + kWidth - frame.right) / 2, kHeight - 6, label);
}

std::string_view class_of(SeriesStyle style) { return style == SeriesStyle::Main ? "main" : "control"; }

// `shift` keeps the whiskers of two series apart.
void draw_series(const Frame& frame, const Series& series, Unit unit, double shift, Html& svg) {
  std::string path;
  for (const ChartPoint& point : series.points)
    path += format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", frame.x(point.x) + shift, frame.y(point.y));
  svg.write("<g class=\"{}\"><path class=\"line\" d=\"{}\"/>", class_of(series.style), path);
  for (const ChartPoint& point : series.points) {
    double x = frame.x(point.x) + shift, y = frame.y(point.y);
    std::string said = unit == Unit::Share ? percent(point.y) : decimal(point.y, 3);
    svg.write("<g><title>{}: {}", series.label, said);
    if (point.low && point.high)
      svg.write(
          " [{}, {}]</title><line class=\"whisker\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" "
          "y2=\"{:.1f}\"/>",
          unit == Unit::Share ? percent(*point.low) : decimal(*point.low, 3),
          unit == Unit::Share ? percent(*point.high) : decimal(*point.high, 3), x, x, frame.y(*point.low),
          frame.y(*point.high));
    else
      svg.write("</title>");
    if (series.style == SeriesStyle::Main)
      svg.write("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/></g>", x, y);
    else
      svg.write("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"7\" height=\"7\"/></g>", x - 3.5, y - 3.5);
  }
  svg.write("</g>");
}

// At the last point of each series: its value and name, pushed apart where they would touch.
void draw_end_labels(const Frame& frame, const LineChart& chart, Html& svg) {
  struct Label {
    const Series* series;
    double y;
  };
  std::vector<Label> labels;
  for (const Series& series : chart.series)
    if (!series.points.empty()) labels.push_back({&series, frame.y(series.points.back().y)});
  std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
  constexpr double kGap = 32;
  for (size_t i = 1; i < labels.size(); ++i) {
    double overlap = labels[i - 1].y + kGap - labels[i].y;
    if (overlap <= 0) continue;
    labels[i - 1].y -= overlap / 2;
    labels[i].y += overlap / 2;
  }
  for (const Label& label : labels) {
    double x = kWidth - frame.right + 10, value = label.series->points.back().y;
    svg.write("<g class=\"{}\"><text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
              class_of(label.series->style), x, label.y + 1,
              chart.unit == Unit::Share ? percent(value) : decimal(value, 3));
    svg.write("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text></g>", x, label.y + 14,
              label.series->label);
  }
}

}  // namespace

std::string percent(double share) { return decimal(share * 100, 1) + "\u00a0%"; }

std::string decimal(double value, int places) {
  std::string text = format("{:.{}f}", value, places);
  bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text[0] == '-' ? text.substr(1) : text;
}

std::string thousands(int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count), out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return (count < 0 ? "-" : "") + out;
}

std::vector<double> nice_ticks(double low, double high) {
  RETORT_CHECK(low <= high, "an axis from {} to {}", low, high);
  double span = high - low > 0 ? high - low : std::max(std::fabs(low) * 0.1, 1e-6);
  double power = std::pow(10, std::floor(std::log10(span / 5))), step = 10 * power;
  for (double factor : {5.0, 2.0, 1.0})
    if (std::floor(high / (factor * power) + 1) - std::floor(low / (factor * power)) <= 6)
      step = factor * power;
  std::vector<double> ticks;
  double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  if (last <= first) last = first + 1;
  for (double k = first; k <= last; ++k) ticks.push_back(k * step);
  return ticks;
}

Html line_chart(const LineChart& chart) {
  bool any = false;
  double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
  for (const Series& series : chart.series)
    for (const ChartPoint& point : series.points) {
      double low = point.low.value_or(point.y), high = point.high.value_or(point.y);
      x_low = any ? std::min(x_low, point.x) : point.x;
      x_high = any ? std::max(x_high, point.x) : point.x;
      y_low = any ? std::min(y_low, low) : low;
      y_high = any ? std::max(y_high, high) : high;
      any = true;
    }
  RETORT_CHECK(any, "a line chart without a point: {}", chart.description);
  std::vector<double> ticks = nice_ticks(y_low, y_high);
  double padding = x_high > x_low ? (x_high - x_low) * 0.06 : 0.5;
  Frame frame{.right = 88,
              .x_low = x_low - padding,
              .x_high = x_high + padding,
              .y_low = ticks.front(),
              .y_high = ticks.back()};
  Html svg = open_svg(chart.description);
  draw_y_axis(frame, ticks, chart.unit, chart.y_label, svg);
  draw_x_axis(frame, chart.x_ticks, chart.x_label, svg);
  double shift = chart.series.size() > 1 ? 3 : 0;
  for (const Series& series : chart.series)
    draw_series(frame, series, chart.unit, series.style == SeriesStyle::Main ? -shift : shift, svg);
  draw_end_labels(frame, chart, svg);
  return svg.write("</svg>");
}

Html bar_chart(const BarChart& chart) {
  RETORT_CHECK(!chart.bars.empty(), "a bar chart without a bar: {}", chart.description);
  double low = chart.bars.front().from, high = chart.bars.front().to, most = 1;
  for (const Bar& bar : chart.bars) {
    low = std::min(low, bar.from);
    high = std::max(high, bar.to);
    most = std::max(most, bar.value);
  }
  std::vector<double> ticks = nice_ticks(0, most);
  Frame frame{.x_low = low, .x_high = high, .y_low = 0, .y_high = ticks.back()};
  Html svg = open_svg(chart.description);
  draw_y_axis(frame, ticks, Unit::Number, chart.y_label, svg);
  for (const Bar& bar : chart.bars) {
    double x = frame.x(bar.from), width = frame.x(bar.to) - x, y = frame.y(bar.value);
    svg.write("<g class=\"{}\"><title>{}: {}</title>", bar.emphasized ? "main" : "quiet",
              bar.label.empty() ? format("{:g} to {:g}", bar.from, bar.to) : bar.label,
              thousands(std::llround(bar.value)));
    svg.write("<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", x + 0.5,
              y, std::max(width - 1, 0.5), kHeight - kBottom - y);
    if (!bar.label.empty())
      svg.write("<text class=\"value small\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                x + width / 2, y - 4, bar.label);
    svg.write("</g>");
  }
  draw_x_axis(frame, chart.x_ticks, chart.x_label, svg);
  if (chart.mark) {
    double x = frame.x(*chart.mark);
    bool right_half = x > kWidth * 0.6;
    svg.write("<line class=\"mark\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>", x, x, kTop - 6,
              kHeight - kBottom);
    svg.write("<text class=\"value small\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>",
              x + (right_half ? -5 : 5), kTop + 8, right_half ? "end" : "start", chart.mark_label);
  }
  return svg.write("</svg>");
}

}  // namespace retort
