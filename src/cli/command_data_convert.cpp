// `retort data convert IN OUT`: rows of one format as another.
#include <cstdio>

#include "base/json.h"
#include "cli/data_commands.h"
#include "data/convert.h"

namespace retort {
namespace {

int convert(const std::string& in, const std::string& out, const std::string& shape, bool json) {
  const ConvertCounts counts =
      or_throw(convert_rows(in, out, or_throw(parse_row_shape(shape)), [](const std::string& bad) {
        std::fprintf(stderr, "retort: left out: %s\n", bad.c_str());
      }));
  if (json)
    std::printf(
        "%s\n",
        Json::object().set("out", out).set("rows", counts.rows).set("bad", counts.bad).dump().c_str());
  else
    std::printf("%s\n", out.c_str());
  std::fprintf(stderr, "%lld rows written, %lld left out\n", static_cast<long long>(counts.rows),
               static_cast<long long>(counts.bad));
  return 0;
}

}  // namespace

Command data_convert_command() {
  static std::string in, out, shape = "alpaca";
  static bool json = false;
  return {.name = "data convert",
          .doc =
              "Rows of one format as another: Alpaca, ShareGPT and OpenAI messages; JSON lines, JSON, CSV, "
              "Parquet",
          .flags = {{"in", "a file (.jsonl, .json, .csv, .parquet) or a Hugging Face data set's folder", &in,
                     Flag::Need::Required},
                    {"out", "the file to write: .jsonl, .json, .csv or .parquet", &out, Flag::Need::Required},
                    {"--to", "alpaca, sharegpt or messages (default: alpaca)", &shape},
                    {"--json", "one JSON object for scripts", &json}},
          .run = [] { return convert(in, out, shape, json); }};
}

}  // namespace retort
