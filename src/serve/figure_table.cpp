#include "serve/figure_table.h"

namespace retort {

void open_table(const TableHead& head, Html& html) {
  html.write("<p class=\"note\">{}</p><div class=\"scroll\"><table><thead><tr>", head.note);
  for (const std::string& name : head.names) html.write("<th scope=\"col\">{}</th>", name);
  for (const std::string& figure : head.figures) html.write("<th class=\"n\" scope=\"col\">{}</th>", figure);
  for (const std::string& remark : head.remarks) html.write("<th scope=\"col\">{}</th>", remark);
  html.write("</tr></thead><tbody>");
}

void close_table(Html& html) { html.write("</tbody></table></div>"); }

Html figure_cell(std::string_view text) {
  return Html().write("<td class=\"n\">{}</td>", text.empty() ? "–" : text);
}

}  // namespace retort
