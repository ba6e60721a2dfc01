// A row as data sets of others hold it: a conversation of any length, read from each shape and written in
// each.
//   alpaca    {"instruction": "..", "input": "..", "output": ".."} (one turn), "system" and "kind" where
//   known sharegpt  {"conversations": [{"from": "human", "value": ".."}, {"from": "gpt", "value": ".."}]}
//   messages  {"messages": [{"role": "user", "content": ".."}, {"role": "assistant", "content": ".."}]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace retort {

struct TrainingTurn {
  std::string role;  // "system", "user", "assistant", "tool"
  std::string content;
  bool operator==(const TrainingTurn&) const = default;
};
struct TrainingRow {
  std::vector<TrainingTurn> turns;  // at least one of them the user's
  std::string input;  // of an Alpaca row: belongs behind the first user turn, after a line break
  std::string kind;
  bool operator==(const TrainingRow&) const = default;
};

enum class RowShape { Alpaca, ShareGpt, Messages };
// InvalidArgument names the known ones.
Result<RowShape> parse_row_shape(std::string_view name);

// Any of the shapes (rows.h has the others that are read). Malformed with what is wrong.
Result<TrainingRow> make_training_row(const Json& json);
// InvalidArgument where the shape cannot hold it: Alpaca has one question and one answer.
Result<Json> training_row_json(const TrainingRow& row, RowShape shape);

}  // namespace retort
