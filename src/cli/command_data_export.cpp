// `retort data export DIR TABLE`: any table of a run as JSON lines, on standard output or in a file.
#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/format.h"
#include "base/stop.h"
#include "cli/command.h"
#include "store/export_table.h"

namespace retort {
namespace {

struct Closed {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};

int export_rows(const std::string& folder, const std::string& table, const std::string& out) {
  std::unique_ptr<std::FILE, Closed> file(out.empty() ? stdout : std::fopen(out.c_str(), "wb"));
  if (!file) throw RunError(system_error("create", out, errno));
  or_throw(export_table(folder, table, [&](const Json& row) {
    throw_if_stopped();
    if (std::fprintf(file.get(), "%s\n", row.dump().c_str()) < 0)
      throw RunError(system_error("write", out.empty() ? "standard output" : out, errno));
  }));
  if (std::fflush(file.get()) != 0)
    throw RunError(system_error("write", out.empty() ? "standard output" : out, errno));
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
