// What was asked and paid for, and where every row went.
#include "serve/chart.h"
#include "serve/report_sections.h"

namespace retort {
namespace {

void write_calls(const RunView& view, Html& html) {
  html.write(
      "<div class=\"scroll\"><table><caption>Calls and tokens per role. Unknown: sent, but the process ended "
      "before "
      "the reply was stored; the server may have charged it.</caption><thead><tr><th>role</th><th "
      "class=\"n\">"
      "calls done</th><th class=\"n\">failed</th><th class=\"n\">unknown</th><th class=\"n\">tokens "
      "in</th><th "
      "class=\"n\">tokens out</th></tr></thead><tbody>");
  CallTotals sum;
  auto write_row = [&](std::string_view role, const CallTotals& t) {
    html.write("<tr><th scope=\"row\">{}</th>", role);
    for (int64_t count : {t.done, t.failed, t.unknown, t.tokens_in, t.tokens_out})
      html.write("<td class=\"n\">{}</td>", thousands(count));
    html.write("</tr>");
  };
  for (const auto& [role, totals] : view.calls) {
    write_row(role, totals);
    sum.done += totals.done;
    sum.failed += totals.failed;
    sum.unknown += totals.unknown;
    sum.tokens_in += totals.tokens_in;
    sum.tokens_out += totals.tokens_out;
  }
  if (view.calls.size() > 1) write_row("all", sum);
  html.write("</tbody></table></div>");
}

std::string reasons(const StageView& stage) {
  std::string text;
  for (const auto& [reason, count] : stage.drops)
    text += format("{}{} {}", text.empty() ? "" : "; ", thousands(count), reason);
  return text;
}

void write_rows(const RunView& view, Html& html) {
  html.write(
      "<div class=\"scroll\"><table><caption>Rows per stage: in = ok + dropped (by a rule) + failed (by an "
      "error)."
      "</caption><thead><tr><th>stage</th><th class=\"n\">in</th><th class=\"n\">ok</th><th "
      "class=\"n\">dropped</th>"
      "<th class=\"n\">failed</th><th class=\"n\">seconds</th><th>why</th></tr></thead><tbody>");
  for (const StageView& stage : view.stages) {
    if (stage.name == "run") continue;
    html.write("<tr><th scope=\"row\">{}</th>", stage.name);
    if (!stage.finished) {
      html.write("<td colspan=\"5\" class=\"faint\">not finished</td><td>{}</td></tr>", reasons(stage));
      continue;
    }
    for (int64_t count : {stage.counts.in, stage.counts.ok, stage.counts.dropped, stage.counts.failed})
      html.write("<td class=\"n\">{}</td>", thousands(count));
    html.write("<td class=\"n\">{}</td><td>{}</td></tr>", decimal(stage.seconds, 1), reasons(stage));
  }
  html.write("</tbody></table></div>");
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
