// A row of Arrow's columns as the text of one JSON object.
#pragma once

#include "columnar/arrow.h"

namespace retort {

// Members that are null are left out: a table has every column in every row, and JSON says nothing instead.
// `depth` is that of the row itself (0). Throws Fault where columns are nested too deep, or reach past their
// elements.
void append_members(const arrow::FieldVector& fields, const arrow::ArrayVector& values, int64_t i, int depth,
                    std::string& out);

}  // namespace retort
