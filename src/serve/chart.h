// Charts as inline SVG: a line chart with whiskers, and bars along a numeric axis. Small, without script,
// with direct labels; colours come from the page's style sheet, and no reading depends on colour alone
// (series differ in marker and dash, bars in their label). Axes name their unit.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "serve/html.h"

namespace retort {

enum class Unit {
  Share,   // 0 to 1, shown as percent
  Number,  // as it is
};
// "55.1 %" (with a space that does not break), "0.412", "12,345": how every figure of the report is written.
std::string percent(double share);
std::string decimal(double value, int places);
std::string thousands(int64_t count);

struct ChartPoint {
  double x = 0, y = 0;
  std::optional<double> low, high;  // the whisker
};
enum class SeriesStyle { Main, Control };
struct Series {
  std::string label;
  SeriesStyle style = SeriesStyle::Main;
  std::vector<ChartPoint> points;  // in order of x
};
struct AxisTick {
  double at = 0;
  std::string label, second_line;
};
struct LineChart {
  std::string description;  // for those who cannot see it
  std::string x_label, y_label;
  Unit unit = Unit::Share;
  std::vector<AxisTick> x_ticks;
  std::vector<Series> series;
};
// Requires a point in some series.
Html line_chart(const LineChart& chart);

struct Bar {
  double from = 0, to = 0;  // along the x axis
  double value = 0;
  std::string label;        // above the bar; may be empty
  bool emphasized = false;  // drawn stronger
};
struct BarChart {
  std::string description;
  std::string x_label, y_label;
  std::vector<AxisTick> x_ticks;
  std::vector<Bar> bars;
  std::optional<double> mark;  // a vertical line here
  std::string mark_label;
};
// Requires a bar.
Html bar_chart(const BarChart& chart);

// Round numbers that cover [low, high] in at most six steps.
std::vector<double> nice_ticks(double low, double high);

}  // namespace retort
