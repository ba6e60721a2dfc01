// Members of a config.json, read one by one: every error names the member, what it was and what it may be.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"

namespace retort {

// A feature of the config that this build does not run; InvalidArgument.
Error unsupported_config(std::string_view what);

// A whole number in [1, most]; Malformed else.
Result<int64_t> read_size(const Json& config, std::string_view name, int64_t most);
// `other` where the member is absent or null.
Result<int64_t> read_size_or(const Json& config, std::string_view name, int64_t most, int64_t other);
// A number above 0 and at most `most`; `other` where it is absent or null.
Result<double> read_positive_or(const Json& config, std::string_view name, double most, double other);
// The same, 0 (which no config may hold) where the member is absent or null: for what is off then.
Result<double> read_optional_positive(const Json& config, std::string_view name, double most);
// true or false; `other` where it is absent or null.
Result<bool> read_flag_or(const Json& config, std::string_view name, bool other);
// Numbers above 0, exactly `count` of them.
Result<std::vector<double>> read_positive_list(const Json& config, std::string_view name, int64_t count);

}  // namespace retort
