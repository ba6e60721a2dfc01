#include "serve/heat_table.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "serve/chart.h"

namespace retort {
namespace {

constexpr int kSteps = 10;  // classes h0 to h10 of the style sheet

void write_head(const HeatTable& table, Html& html) {
  html.write("<thead><tr><td></td>");
  bool two_lines = false;
  for (const HeatGroup& group : table.groups) {
    two_lines |= group.columns.size() > 1 || !group.columns.front().empty();
    html.write("<th colspan=\"{}\" scope=\"colgroup\">{}</th>", group.columns.size(), group.label);
  }
  html.write("<th class=\"plain\">{}</th></tr>", table.remark_label);
  if (two_lines) {
    html.write("<tr><td></td>");
    for (const HeatGroup& group : table.groups)
      for (const std::string& column : group.columns) html.write("<th scope=\"col\">{}</th>", column);
    html.write("<td></td></tr>");
  }
  html.write("</thead>");
}

void write_cell(const HeatCell& cell, double full, std::string_view first, Html& html) {
  if (!cell.share) {
    html.write("<td class=\"{}\" title=\"{}\">–</td>", first, cell.tip);
    return;
  }
  int step = static_cast<int>(std::lround(std::clamp(*cell.share / full, 0.0, 1.0) * kSteps));
  html.write("<td class=\"h{}{}{}\" title=\"{}\">{:.0f}</td>", step, first.empty() ? "" : " first",
             cell.marked ? " marked" : "", cell.tip, *cell.share * 100);
}

}  // namespace

Html heat_table(const HeatTable& table) {
  RETORT_CHECK(table.full > 0, "a heat table that is full at {}", table.full);
  size_t columns = 0;
  for (const HeatGroup& group : table.groups) columns += group.columns.size();
  Html html;
  html.write("<p class=\"note\">{}</p><div class=\"scroll\"><table class=\"heat\">", table.caption);
  write_head(table, html);
  html.write("<tbody>");
  for (const HeatRow& row : table.rows) {
    if (row.cells.empty()) {
      html.write("<tr class=\"group\"><th scope=\"rowgroup\">{}</th><td colspan=\"{}\"></td></tr>", row.label,
                 columns + 1);
      continue;
    }
    RETORT_CHECK(row.cells.size() == columns, "{} cells in {} columns", row.cells.size(), columns);
    html.write("<tr><th scope=\"row\">{}</th>", row.label);
    size_t at = 0;
    for (const HeatGroup& group : table.groups)
      for (size_t i = 0; i < group.columns.size(); ++i)
        write_cell(row.cells[at++], table.full, i == 0 ? "first" : "", html);
    html.write("<td class=\"plain\">{}</td></tr>", row.remark);
  }
  return html.write("</tbody></table></div>");
}

}  // namespace retort
