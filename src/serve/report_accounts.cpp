// What was asked and paid for, and where every row went.
#include "chat/price.h"
#include "serve/chart.h"
#include "serve/figure_table.h"
#include "serve/report_sections.h"

namespace retort {
namespace {

void write_calls(const RunView& view, Html& html) {
  std::vector<std::string> figures = {"calls done", "failed", "unknown", "tokens in", "tokens out"};
  if (view.money) figures.push_back("cost");
  open_table(
      {.note = "Calls and tokens per role. Unknown: sent, but the process ended before the reply was stored; "
               "the server may have charged it.",
       .names = {"role"},
       .figures = figures},
      html);
  CallTotals sum;
  auto write_row = [&](std::string_view role, const CallTotals& t) {
    html.write("<tr><th scope=\"row\">{}</th>", role);
    for (int64_t count : {t.done, t.failed, t.unknown, t.tokens_in, t.tokens_out})
      html.write(figure_cell(thousands(count)));
    if (view.money) html.write(figure_cell(money_text(t.cost, view.money->currency)));
    html.write("</tr>");
  };
  for (const auto& [role, totals] : view.calls) {
    write_row(role, totals);
    sum.done += totals.done;
    sum.failed += totals.failed;
    sum.unknown += totals.unknown;
    sum.tokens_in += totals.tokens_in;
    sum.tokens_out += totals.tokens_out;
    sum.cost += totals.cost;
  }
  if (view.calls.size() > 1) write_row("all", sum);
  close_table(html);
  if (view.money) html.write("<p>{}</p>", money_line(*view.money));
}

std::string reasons(const StageView& stage) {
  std::string text;
  for (const auto& [reason, count] : stage.drops)
    text += format("{}{} {}", text.empty() ? "" : "; ", thousands(count), reason);
  return text;
}

void write_rows(const RunView& view, Html& html) {
  open_table({.note = "Rows per stage: in = ok + dropped (by a rule) + failed (by an error).",
              .names = {"stage"},
              .figures = {"in", "ok", "dropped", "failed", "seconds"},
              .remarks = {"why"}},
             html);
  for (const StageView& stage : view.stages) {
    if (stage.name == "run") continue;
    html.write("<tr><th scope=\"row\">{}</th>", stage.name);
    if (!stage.finished) {
      html.write("<td colspan=\"5\" class=\"faint\">not finished</td><td>{}</td></tr>", reasons(stage));
      continue;
    }
    for (int64_t count : {stage.counts.in, stage.counts.ok, stage.counts.dropped, stage.counts.failed})
      html.write(figure_cell(thousands(count)));
    html.write("{}<td>{}</td></tr>", figure_cell(decimal(stage.seconds, 1)), reasons(stage));
  }
  close_table(html);
}

}  // namespace

Html accounts_section(const RunView& view) {
  Html html;
  html.write("<section><h2>What was asked, and where every row went</h2>");
  if (!view.calls.empty()) write_calls(view, html);
  if (!view.stages.empty()) write_rows(view, html);
  return html.write("</section>");
}

}  // namespace retort
