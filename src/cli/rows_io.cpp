#include "cli/rows_io.h"

#include <cerrno>

#include "base/stop.h"

namespace retort {

std::vector<DataRow> read_all_rows(const std::string& path) {
  std::vector<DataRow> rows;
  or_throw(read_rows(
      path,
      [&](const DataRow& row) {
        throw_if_stopped();
        rows.push_back(row);
      },
      [](const BadRow& bad) { std::fprintf(stderr, "retort: %s\n", bad.message.c_str()); }));
  return rows;
}

Json row_json(const DataRow& row) {
  Json json = Json::object().set("instruction", row.instruction);
  if (row.has_output) json.set("output", row.output);
  if (!row.kind.empty()) json.set("kind", row.kind);
  return json;
}

LineWriter::LineWriter(const std::string& path)
    : name_(path.empty() ? "standard output" : path),
      file_(path.empty() ? stdout : std::fopen(path.c_str(), "wb")) {
  if (!file_) throw RunError(system_error("create", path, errno));
}

void LineWriter::write(const Json& line) {
  throw_if_stopped();
  if (std::fprintf(file_.get(), "%s\n", line.dump().c_str()) < 0)
    throw RunError(system_error("write", name_, errno));
}

void LineWriter::finish() {
  if (std::fflush(file_.get()) != 0) throw RunError(system_error("write", name_, errno));
}

}  // namespace retort
