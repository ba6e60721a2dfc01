#include <fstream>

#include "base/random.h"
#include "base/test.h"
#include "data/convert.h"
#include "data/csv.h"
#include "data/rows.h"
#include "data/source.h"

namespace retort {
namespace {

std::vector<CsvRecord> csv_of(std::string_view text, size_t pieces = 1, size_t most = 1 << 20) {
  std::vector<CsvRecord> records;
  CsvSplitter splitter(most, [&](const CsvRecord& record) -> Result<void> {
    records.push_back(record);
    return {};
  });
  for (size_t at = 0; at < text.size(); at += pieces) or_throw(splitter.feed(text.substr(at, pieces)));
  or_throw(splitter.finish());
  return records;
}

using Cells = std::vector<std::string>;

TEST_CASE("cells in quotes hold commas, quotes and line breaks; records know their lines") {
  const auto records = csv_of("a,b\r\n\"x,\"\"y\"\"\",\"two\nlines\"\n\nlast,\n");
  REQUIRE(records.size() == 3);
  CHECK(records[1].cells == Cells{"x,\"y\"", "two\nlines"});
  CHECK(records[2].cells == Cells{"last", ""});
  CHECK(records[2].line == 5);
}

TEST_CASE("what is wrong with quotes is said, and one record at a time") {
  CHECK(csv_of("a\"b,c\nd")[0].fault.find("without quotes") != std::string::npos);
  CHECK(csv_of("\"a\"b\nd")[0].fault.find("closing quote") != std::string::npos);
  CHECK(csv_of("\"a\nb")[0].fault.find("never closed") != std::string::npos);
  CHECK(csv_of("\"a\"b\nd")[1].fault.empty());
  CHECK(csv_of("abcdefgh\nxy\n", 1, 4)[0].too_long);
}

TEST_CASE("drawn cells come back from CSV as they were, fed whole or byte by byte") {
  for (uint64_t i = 0; i < 1'000; ++i) {
    Random random(1, "csv", i);
    std::vector<Cells> rows;
    std::string text;
    const auto columns = static_cast<size_t>(random.range(1, 4));
    for (int64_t row = random.range(1, 4); row > 0; --row) {
      Cells cells;
      for (size_t c = 0; c < columns; ++c) {
        cells.emplace_back();
        for (int64_t n = random.range(0, 5); n > 0; --n)
          cells.back() += std::vector<std::string>{"a", ",", "\"", "\n", "\r\n", " ", "é"}[random.below(7)];
      }
      rows.push_back(cells);
      text += csv_record(cells);
    }
    const auto records = csv_of(text, i % 2 == 0 ? 1 : text.size());
    REQUIRE(records.size() == rows.size());
    for (size_t row = 0; row < rows.size(); ++row) CHECK(records[row].cells == rows[row]);
  }
}

void write(const Path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<TrainingRow> rows_of(const Path& path) {
  std::vector<TrainingRow> rows;
  or_throw(read_source(path, [&](const SourceRow& row) -> Result<void> {
    rows.push_back(or_throw(make_training_row(or_throw(row.json))));
    return {};
  }));
  return rows;
}

const char* kAlpaca =
    R"({"instruction": "Sort, please", "input": "3 1\n2", "output": "1 2 3", "kind": "sort"}
{"instruction": "Say \"hi\"", "input": "", "output": "hi", "system": "be brief"}
{"instruction": "no answer"}
)";
const char* kTalk =
    R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d, \"e\"\n"}]}
)";

TEST_CASE("a file comes back as the same rows through every container of its shape") {
  TemporaryFolder folder;
  const Path in = folder.path() / "in.jsonl";
  write(in, kAlpaca);
  const std::vector<TrainingRow> rows = rows_of(in);
  REQUIRE(rows.size() == 3);
  for (const char* name : {"out.jsonl", "out.json", "out.csv"}) {
    const ConvertCounts counts = or_throw(convert_rows(in, folder.path() / name, RowShape::Alpaca, {}));
    CHECK(counts.rows == 3);
    CHECK_MESSAGE(rows_of(folder.path() / name) == rows, name);
  }
}

TEST_CASE("a conversation of many turns goes through every shape that can hold it") {
  TemporaryFolder folder;
  const Path in = folder.path() / "in.jsonl";
  write(in, kTalk);
  for (RowShape shape : {RowShape::ShareGpt, RowShape::Messages})
    for (const char* name : {"out.jsonl", "out.json", "out.csv"}) {
      or_throw(convert_rows(in, folder.path() / name, shape, {}));
      CHECK(rows_of(folder.path() / name) == rows_of(in));
    }
  std::string bad;
  const auto counts = or_throw(convert_rows(in, folder.path() / "a.jsonl", RowShape::Alpaca,
                                            [&](const std::string& text) { bad = text; }));
  CHECK(counts.bad == 1);
  CHECK(bad.find("in.jsonl:1: a conversation of several turns") != std::string::npos);
}

TEST_CASE("what a run reads is the same in every shape: the input stands behind the instruction") {
  TemporaryFolder folder;
  write(folder.path() / "in.jsonl",
        R"({"instruction": "Sort", "input": "3 1", "output": "1 3", "kind": "sort"})");
  for (const auto& [shape, name] : {std::pair{RowShape::ShareGpt, "s.jsonl"},
                                    {RowShape::Messages, "m.csv"},
                                    {RowShape::Alpaca, "a.csv"}}) {
    or_throw(convert_rows(folder.path() / "in.jsonl", folder.path() / name, shape, {}));
    std::vector<DataRow> rows;
    or_throw(read_rows(
        folder.path() / name, [&](const DataRow& row) { rows.push_back(row); }, [](const BadRow&) {}));
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].instruction == "Sort\n3 1");
    CHECK(rows[0].output == "1 3");
    CHECK(rows[0].kind == "sort");
  }
}

TEST_CASE("a folder gives its training split's files in order, and no description of itself") {
  TemporaryFolder folder;
  write(folder.path() / "data/train-00001.csv", "instruction\nthree\n");
  write(folder.path() / "data/train-00000.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n");
  write(folder.path() / "data/test-00000.jsonl", "{\"text\": \"never\"}\n");
  write(folder.path() / "dataset_info.json", "{\"train\": 1}");
  const auto rows = rows_of(folder.path());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].turns[0].content + rows[1].turns[0].content + rows[2].turns[0].content == "onetwothree");
}

TEST_CASE("what is broken is named with its line, and no half file is left") {
  TemporaryFolder folder;
  const Path in = folder.path() / "in.csv", out = folder.path() / "out.jsonl";
  auto message = [&](std::string_view text) {
    write(in, text);
    const auto done = convert_rows(in, out, RowShape::Alpaca, [](const std::string&) {});
    CHECK_FALSE(std::filesystem::exists(out));
    return done ? std::string("fine") : done.error().message;
  };
  CHECK(
      message("instruction,output\na,b\nc\nd,e,f\n").find("in.csv:3: 1 cells, but the first line names 2") !=
      std::string::npos);
  CHECK(message("instruction,instruction\na,b\n").find("in.csv:1") != std::string::npos);
}

TEST_CASE(
    "names that say nothing, the file itself, and formats without a reader are refused with what to do") {
  TemporaryFolder folder;
  const Path in = folder.path() / "in.jsonl", arrow = folder.path() / "rows.arrow";
  write(in, kAlpaca);
  write(arrow, "ARROW1");
  CHECK(convert_rows(in, folder.path() / "out.txt", RowShape::Alpaca, {}).error().message.find(".csv") !=
        std::string::npos);
  CHECK(convert_rows(in, in, RowShape::Alpaca, {}).error().message.find("another") != std::string::npos);
  CHECK(convert_rows(arrow, folder.path() / "o.csv", RowShape::Alpaca, {})
            .error()
            .message.find("load_from_disk") != std::string::npos);
  CHECK(parse_row_shape("vicuna").error().message.find("sharegpt") != std::string::npos);
}

TEST_CASE("every reader survives every truncation and changed bytes") {
  TemporaryFolder folder;
  TemporaryFolder target;
  const std::string csv =
      "instruction,output,messages\n\"a \"\"b\"\"\",c,\n,,\"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": "
      "\"\"x\"\"}]\"\n";
  for (const auto& [name, text] : {std::pair<std::string, std::string>{"in.csv", csv},
                                   {"in.jsonl", kAlpaca},
                                   {"in.json", std::string("[") + kTalk + "]"}})
    for (size_t i = 0; i < text.size(); i += 3) {
      for (std::string changed : {text.substr(0, i), text.substr(0, i) + '"' + text.substr(i + 1),
                                  text.substr(0, i) + '\xff' + text.substr(i + 1)}) {
        write(folder.path() / name, changed);
        const auto done = convert_rows(folder.path() / name, target.path() / "out.jsonl", RowShape::Messages,
                                       [](const std::string&) {});
        if (!done) CHECK_FALSE(done.error().message.empty());
      }
    }
}

}  // namespace
}  // namespace retort
