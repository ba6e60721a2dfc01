#include "serve/chart.h"

#include "base/test.h"

namespace retort {
namespace {

size_t count(const std::string& text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

TEST_CASE("ticks are round, cover the range and are few") {
  for (auto [low, high] : {std::pair{0.131, 0.7},
                           {0.0, 1.0},
                           {0.0, 3.0},
                           {0.0, 2'137.0},
                           {0.52, 0.53},
                           {-3.0, 8.0},
                           {5.0, 5.0},
                           {0.0, 0.0},
                           {1e-9, 2e-9}}) {
    CAPTURE(low);
    CAPTURE(high);
    std::vector<double> ticks = nice_ticks(low, high);
    CHECK(ticks.size() >= 2);
    CHECK(ticks.size() <= 8);
    CHECK(ticks.front() <= low + 1e-12);
    CHECK(ticks.back() >= high - 1e-12);
  }
  CHECK(nice_ticks(0, 1).front() == 0);
  CHECK(nice_ticks(0, 100).back() == 100);
}

TEST_CASE("figures are written one way") {
  CHECK(percent(0.6904) == "69.0\u00a0%");
  CHECK(thousands(0) == "0");
  CHECK(thousands(999) == "999");
  CHECK(thousands(1'000) == "1,000");
  CHECK(thousands(-1'234'567) == "-1,234,567");
  CHECK(decimal(0.4119, 3) == "0.412");
  CHECK(decimal(-0.04, 1) == "0.0");
}

LineChart two_arms() {
  LineChart chart{.description = "exact by round", .x_label = "round", .y_label = "exact"};
  chart.x_ticks = {{0, "0", "3,000"}, {1, "1", "4,000"}};
  chart.series = {{"lion", SeriesStyle::Main, {{0, 0.5, 0.48, 0.52}, {1, 0.6, 0.58, 0.62}}},
                  {"imitation", SeriesStyle::Control, {{0, 0.5, 0.48, 0.52}, {1, 0.59, 0.57, 0.61}}}};
  return chart;
}

TEST_CASE("a line chart has a mark and a whisker a point, labels its lines and names its axes") {
  std::string svg = line_chart(two_arms()).str();
  CHECK(count(svg, "<circle") == 2);
  CHECK(count(svg, "<rect") == 2);
  CHECK(count(svg, "class=\"whisker\"") == 4);
  CHECK(count(svg, ">lion</text>") == 1);
  CHECK(count(svg, ">imitation</text>") == 1);
  CHECK(count(svg, ">round</text>") == 1);
  CHECK(count(svg, ">exact</text>") == 1);
  CHECK(svg.find("60.0\u00a0% [58.0\u00a0%, 62.0\u00a0%]") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("one point alone is a chart too") {
  LineChart chart = two_arms();
  chart.series = {{"lion", SeriesStyle::Main, {{0, 0.5, {}, {}}}}};
  std::string svg = line_chart(chart).str();
  CHECK(count(svg, "<circle") == 1);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("names that models or files bring are escaped in charts") {
  LineChart chart = two_arms();
  chart.series[0].label = "<script>";
  chart.description = "\"><script>";
  CHECK(line_chart(chart).str().find("<script") == std::string::npos);
}

TEST_CASE("a bar chart draws every bar, its label and the mark") {
  BarChart chart{.description = "gaps", .x_label = "gap", .y_label = "pairs"};
  chart.bars = {{0, 1, 5, "5", false}, {1, 2, 0, "0", false}, {2, 3, 7, "7", true}};
  chart.mark = 2;
  chart.mark_label = "hard";
  std::string svg = bar_chart(chart).str();
  CHECK(count(svg, "class=\"bar\"") == 3);
  CHECK(count(svg, "<g class=\"main\">") == 1);
  CHECK(count(svg, "class=\"mark\"") == 1);
  CHECK(count(svg, ">hard</text>") == 1);
}

TEST_CASE("bars that are all empty still have an axis") {
  BarChart chart{.description = "gaps", .x_label = "gap", .y_label = "pairs"};
  chart.bars = {{0, 1, 0, "", false}};
  CHECK(bar_chart(chart).str().find("nan") == std::string::npos);
}

}  // namespace
}  // namespace retort
