// The learning curves: one panel a measure, both arms in each; then the same as numbers.
#include <functional>

#include "serve/arm_difference.h"
#include "serve/chart.h"
#include "serve/figure_table.h"
#include "serve/report_sections.h"

namespace retort {
namespace {

enum class When { AfterTheRound, BeforeTheRound };

struct Measure {
  std::string title, caption, y_label;
  Unit unit = Unit::Share;
  std::function<std::optional<double>(const RoundView&)> value;
  std::function<std::optional<Estimate>(const RoundView&)> interval;  // empty: none
  When when = When::AfterTheRound;
};

std::vector<Measure> measures() {
  return {
      {"Exact, all kinds", "Held-out instructions answered exactly, every kind counting the same.",
       "answered exactly", Unit::Share, [](const RoundView& r) { return r.exact_all; }, exact_all},
      {"Exact, hard third", "The third of the kinds on which the student was worst after round 0.",
       "answered exactly", Unit::Share, [](const RoundView& r) { return r.exact_hard; }, exact_hard},
      {"Exact, as the seeds are mixed",
       "The same, weighted by how often each kind is among the seeds; without an interval.",
       "answered exactly",
       Unit::Share,
       [](const RoundView& r) { return r.exact_pool; },
       {}},
      {"Held-out loss",
       "Cross-entropy of the teacher's answers to held-out instructions; lower is better.",
       "nats per token",
       Unit::Number,
       [](const RoundView& r) { return r.heldout_loss; },
       {}},
      {"Student preferred", "How often the referee scored the student above the teacher, before the round.",
       "share of judged pairs", Unit::Share, [](const RoundView& r) { return r.win_rate; }, preferred,
       When::BeforeTheRound},
  };
}

std::string short_count(int64_t count) {
  if (count < 10'000) return thousands(count);
  return decimal(static_cast<double>(count) / 1000, 0) + "k";
}

Series series_of(const ArmView& arm, const Measure& measure, SeriesStyle style) {
  Series series{arm.recipe, style, {}};
  for (const RoundView& round : arm.rounds) {
    std::optional<double> value = measure.value(round);
    if (!value) continue;
    ChartPoint point{.x = static_cast<double>(round.round), .y = *value};
    if (std::optional<Estimate> interval = measure.interval ? measure.interval(round) : std::nullopt) {
      point.low = interval->low;
      point.high = interval->high;
    }
    series.points.push_back(point);
  }
  return series;
}

void write_panel(const RunView& view, const Measure& measure, Html& html) {
  LineChart chart{
      .description = format("{} by round", measure.title),
      .x_label = measure.when == When::AfterTheRound ? "round, and teacher's answers so far" : "round",
      .y_label = measure.y_label,
      .unit = measure.unit};
  chart.series.push_back(series_of(view.main, measure, SeriesStyle::Main));
  if (chart.series[0].points.empty()) return;
  if (view.control) {
    Series control = series_of(*view.control, measure, SeriesStyle::Control);
    bool has_own = !control.points.empty() && control.points.back().x > 0;
    if (has_own) chart.series.push_back(std::move(control));
  }
  for (const RoundView& round : view.main.rounds)
    if (measure.value(round))
      chart.x_ticks.push_back(
          {static_cast<double>(round.round), std::to_string(round.round),
           round.answers && measure.when == When::AfterTheRound ? short_count(*round.answers) : ""});
  html.write("<figure><figcaption><b>{}.</b> {}</figcaption>{}</figure>", measure.title, measure.caption,
             line_chart(chart));
}

std::string points(const Estimate& e) {
  return format("{:+.1f} points [{:+.1f}, {:+.1f}]", e.value * 100, e.low * 100, e.high * 100);
}

void write_difference(const RunView& view, Html& html) {
  std::optional<ArmDifference> all = arm_difference(view, Kinds::All),
                               hard = arm_difference(view, Kinds::HardThird);
  if (!all) return;
  html.write(
      "<p>After round {}, <b class=\"arm-main\">{}</b> minus <b class=\"arm-control\">{}</b>: {} over {} "
      "kinds",
      all->round, view.main.recipe, view.control->recipe, points(all->points), all->kinds);
  if (hard) html.write("; {} on the hard third ({} kinds)", points(hard->points), hard->kinds);
  html.write(
      ". Intervals: 95 %, paired bootstrap over kinds, 10,000 resamples. They speak of this one run; how "
      "much "
      "runs differ, only runs with other seeds can tell.</p>");
}

Html share_cell(std::optional<double> share, std::optional<Estimate> interval) {
  if (!share || !interval) return figure_cell(share ? percent(*share) : "");
  return Html().write("<td class=\"n\">{} <span class=\"faint\">[{}, {}]</span></td>", percent(*share),
                      decimal(interval->low * 100, 1), decimal(interval->high * 100, 1));
}

Html count_cell(std::optional<int64_t> count) { return figure_cell(count ? thousands(*count) : ""); }

void write_rows(const ArmView& arm, const char* style, Html& html) {
  for (const RoundView& r : arm.rounds) {
    html.write("<tr><th class=\"{}\" scope=\"row\">{}</th>{}{}", style, arm.recipe,
               figure_cell(std::to_string(r.round)), count_cell(r.answers));
    html.write("{}{}{}{}", share_cell(r.exact_all, exact_all(r)), share_cell(r.exact_hard, exact_hard(r)),
               share_cell(r.exact_pool, std::nullopt),
               figure_cell(r.heldout_loss ? decimal(*r.heldout_loss, 3) : ""));
    html.write("{}{}{}{}{}</tr>", count_cell(r.hard), count_cell(r.easy), count_cell(r.unjudged),
               share_cell(r.win_rate, preferred(r)),
               figure_cell(r.length_student ? decimal(*r.length_student, 1) : ""));
  }
}

void write_table(const RunView& view, Html& html) {
  open_table(
      {.note = "Scores are of the student that the round made; hard, easy, unjudged and preferred are the "
               "referee's, of the student that entered it. Brackets: Wilson's 95 % interval.",
       .names = {"arm"},
       .figures = {"round", "teacher's answers", "exact, all", "exact, hard third", "exact, as seeds",
                   "held-out loss", "hard", "easy", "unjudged", "student preferred", "answer's length"}},
      html);
  write_rows(view.main, "arm-main", html);
  if (view.control) write_rows(*view.control, "arm-control", html);
  close_table(html);
}

}  // namespace

Html learning_section(const RunView& view) {
  Html html;
  if (view.main.rounds.empty()) return html;
  html.write("<section><h2>What the student learned</h2>");
  write_difference(view, html);
  html.write("<div class=\"figures\">");
  for (const Measure& measure : measures()) write_panel(view, measure, html);
  html.write("</div>");
  write_table(view, html);
  return html.write("</section>");
}

}  // namespace retort
