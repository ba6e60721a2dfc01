#include "cli/rows_io.h"

#include <cerrno>
#include <cstdio>

#include "base/stop.h"

namespace retort {
namespace {

constexpr size_t kFlushBytes = size_t{1} << 16;

}  // namespace

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

LineWriter::LineWriter(const std::string& path) {
  if (!path.empty() && path != "-" && path != "/dev/stdout")
    file_.emplace(or_throw(AtomicFile::create(path)));
}

void LineWriter::write(const Json& line) {
  throw_if_stopped();
  lines_ += line.dump();
  lines_ += '\n';
  if (lines_.size() >= kFlushBytes) flush();
}

void LineWriter::finish() {
  flush();
  if (file_) return or_throw(file_->commit());
  if (std::fflush(stdout) != 0) throw RunError(system_error("write", "standard output", errno));
}

void LineWriter::flush() {
  if (file_)
    or_throw(file_->write(lines_));
  else if (std::fwrite(lines_.data(), 1, lines_.size(), stdout) != lines_.size())
    throw RunError(system_error("write", "standard output", errno));
  lines_.clear();
}

}  // namespace retort
