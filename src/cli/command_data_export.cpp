// `retort data export DIR TABLE`: any table of a run as JSON lines, on standard output or in a file.
#include "cli/command.h"
#include "cli/rows_io.h"
#include "store/export_table.h"

namespace retort {
namespace {

int export_rows(const std::string& folder, const std::string& table, const std::string& out) {
  LineWriter writer(out);
  or_throw(export_table(folder, table, [&](const Json& row) { writer.write(row); }));
  writer.finish();
  return 0;
}

}  // namespace

Command data_export_command() {
  static std::string folder, table, out;
  return {.name = "data export",
          .doc = "Any table of a run as JSON lines",
          .flags = {{"dir", "the run folder", &folder, Flag::Need::Required},
                    {"table", "dataset, or a table of the store (docs/formats/run_db.md)", &table,
                     Flag::Need::Required},
                    {"--out", "a file; default: standard output", &out}},
          .run = [] { return export_rows(folder, table, out); }};
}

}  // namespace retort
