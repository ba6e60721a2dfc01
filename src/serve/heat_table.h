// A heat map as a table: numbers that a reader, a screen reader and a clipboard can use, and colour behind
// them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serve/html.h"

namespace retort {

struct HeatCell {
  std::optional<double> share;  // 0 to 1, shown in percent
  std::string tip;              // the whole story of the cell
  bool marked = false;
};
struct HeatRow {
  std::string label;
  std::vector<HeatCell> cells;  // one a column, group after group; none: a heading row
  std::string remark;           // after the cells
};
struct HeatGroup {
  std::string label;
  std::vector<std::string> columns;
};
struct HeatTable {
  std::string caption, remark_label;
  std::vector<HeatGroup> groups;
  std::vector<HeatRow> rows;
  double full = 1;  // the share that gets the strongest colour
};
Html heat_table(const HeatTable& table);

}  // namespace retort
