// What AlpacaEval's length control needs beside the judgements, from the files that its authors publish (CC
// BY-NC: a user brings them): df_gamed.csv, and for a published model its annotations.json.
#pragma once

#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "eval/length_control.h"

namespace retort {

struct AlpacaFiles {
  std::vector<GamedRow> gamed;
  std::vector<double> difficulty;  // by the instruction's index
};
// df_gamed.csv with columns preference, index, std_delta_len, instruction_difficulty, in any order.
// Malformed.
Result<AlpacaFiles> read_alpaca_files(const Path& gamed_csv);

// annotations.json: output_1 is the baseline's, output_2 the model's, preference from 1 to 2 (0 or null are
// ties and nothing). Rows are in the order of the instructions.
Result<std::vector<JudgedPair>> read_annotations(const Path& annotations_json, const AlpacaFiles& files);

}  // namespace retort
