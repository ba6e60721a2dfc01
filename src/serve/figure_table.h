// Tables of figures: a note above, a head, and rows that the caller writes. Wide ones scroll within the page.
#pragma once

#include <string>
#include <vector>

#include "serve/html.h"

namespace retort {

// Columns from left to right: names, figures (aligned to the right), remarks.
struct TableHead {
  std::string note;
  std::vector<std::string> names, figures, remarks;
};
void open_table(const TableHead& head, Html& html);
void close_table(Html& html);
// A cell of the figures; nothing is a dash.
Html figure_cell(std::string_view text);

}  // namespace retort
