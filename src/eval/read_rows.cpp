#include "eval/read_rows.h"

#include "base/format.h"
#include "data/source.h"

namespace retort {

Result<void> read_json_rows(const Path& file,
                            const std::function<Result<void>(size_t number, const Json& row)>& visit) {
  size_t number = 0;
  const auto visit_row = [&](const Result<Json>& json) -> Result<void> {
    ++number;
    if (!json) return json.error();
    if (!json->is_object()) return Error{ErrorCode::Malformed, "no JSON object"};
    return visit(number, *json);
  };
  return read_source(file, [&](const SourceRow& row) -> Result<void> {
    const Result<void> seen = visit_row(row.json);
    if (seen) return {};
    return Error{seen.error().code, format("{}: {}", row.where(), seen.error().message)};
  });
}

}  // namespace retort
