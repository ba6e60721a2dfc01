#include "data/rows.h"

#include <fstream>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

struct Read {
  Result<RowCounts> counts = RowCounts();
  std::vector<DataRow> rows;
  std::vector<BadRow> bad;
};

Read read_text(const std::string& text, size_t row_bytes_max = 1000) {
  TemporaryFolder folder;
  Path file = folder.path() / "rows.jsonl";
  std::ofstream(file, std::ios::binary) << text;
  Read read;
  read.counts = read_rows(
      file, [&](const DataRow& row) { read.rows.push_back(row); },
      [&](const BadRow& bad) { read.bad.push_back(bad); }, row_bytes_max);
  return read;
}

// Enough good rows that two bad ones are less than 1 %.
std::string good_rows(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += format("{{\"instruction\": \"Add {} and 1\"}}\n", i);
  return text;
}

DataRow row_of(const std::string& json) { return make_row(*parse_json(json)).value(); }
std::string refusal_of(const std::string& json) { return make_row(*parse_json(json)).error().message; }

}  // namespace

TEST_CASE("an input is merged into its instruction, an empty one is not") {
  CHECK(row_of(R"({"instruction": "Sort.", "input": "3 1 2"})").instruction == "Sort.\n3 1 2");
  CHECK(row_of(R"({"instruction": "Sort.", "input": ""})").instruction == "Sort.");
  CHECK(row_of(R"({"instruction": "Sort.", "input": null})").instruction == "Sort.");
}

TEST_CASE("a row keeps its output and its kind, and an empty output is none") {
  DataRow row = row_of(R"({"instruction": "Sort.", "output": "1 2 3", "kind": "sort/1"})");
  CHECK(row.has_output);
  CHECK(row.output == "1 2 3");
  CHECK(row.kind == "sort/1");
  CHECK_FALSE(row_of(R"({"instruction": "Sort."})").has_output);
  CHECK_FALSE(row_of(R"({"instruction": "Sort.", "output": " \n"})").has_output);
  CHECK_FALSE(row_of(R"({"instruction": "Sort.", "output": null})").has_output);
}

TEST_CASE("the other shapes of a row give the same row") {
  for (const char* json : {R"({"prompt": "Sort.", "completion": "1 2", "kind": "k"})",
                           R"({"kind": "k", "messages": [{"role": "user", "content": "Sort."},
                                                         {"role": "assistant", "content": "1 2"}]})"}) {
    DataRow row = row_of(json);
    CHECK(row.instruction == "Sort.");
    CHECK(row.output == "1 2");
    CHECK(row.kind == "k");
  }
  CHECK(row_of(R"({"text": "Sort."})").instruction == "Sort.");
  CHECK_FALSE(row_of(R"({"text": "Sort."})").has_output);
  CHECK_FALSE(row_of(R"({"messages": [{"role": "user", "content": "Sort."}]})").has_output);
}

TEST_CASE("what is no row is refused with its reason") {
  CHECK(refusal_of("[1]") == "not a JSON object");
  CHECK(refusal_of(R"({"input": "3 1 2"})").starts_with("no instruction"));
  CHECK(refusal_of(R"({"instruction": "  ", "input": "3 1 2"})").starts_with("no instruction"));
  CHECK(refusal_of(R"({"instruction": 7})") == "\"instruction\" is not a string");
  CHECK(refusal_of(R"({"instruction": "a", "output": ["b"]})") == "\"output\" is not a string");
  CHECK(refusal_of(R"({"instruction": "a", "kind": 3})") == "\"kind\" is not a string");
  for (const char* messages :
       {"[]", "7", R"([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}])",
        R"([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])",
        R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user"}])"})
    CHECK(refusal_of(format(R"({{"messages": {}}})", messages)).starts_with("\"messages\" must be"));
}

TEST_CASE("lines are read in order, with or without a last line end, CRLF, blank lines or byte order mark") {
  Read read = read_text("\xEF\xBB\xBF{\"text\": \"a\"}\r\n\r\n  \n{\"text\": \"b\"}\n{\"text\": \"c\"}");
  REQUIRE(read.counts);
  CHECK(read.counts->rows == 3);
  CHECK(read.counts->bad == 0);
  CHECK(read.rows[0].instruction + read.rows[1].instruction + read.rows[2].instruction == "abc");
}

TEST_CASE("a JSON array is read as its elements, whatever stands in their strings") {
  Read read = read_text(R"(
[ {"text": "a ] , [ { \" \\"},
  {"text": "b", "more": [1, {"x": [2, 3]}]} ,
  {"text": "c"}
]
)");
  REQUIRE(read.counts);
  CHECK(read.counts->rows == 3);
  CHECK(read.rows[0].instruction == "a ] , [ { \" \\");
  CHECK(read_text("[]").counts->rows == 0);
  CHECK(read_text("").counts->rows == 0);
}

TEST_CASE("bad elements of an array are reported with the line where they begin") {
  Read read = read_text("[\n{\"text\": \"a\"},\n\n 7,\n{\"text\": \"b\"}]");
  CHECK(read.counts->rows == 2);
  REQUIRE(read.bad.size() == 1);
  CHECK(read.bad[0].line == 4);
  CHECK(read.bad[0].message.ends_with("rows.jsonl:4: not a JSON object"));
  CHECK(read_text("[{\"text\": \"a\"},]").counts->bad == 1);
}

TEST_CASE("an array that is cut off or followed by text is malformed") {
  Read cut = read_text("[{\"text\": \"a\"},\n{\"text\": ");
  CHECK(cut.counts.error().code == ErrorCode::Malformed);
  CHECK(cut.counts.error().message.find("rows.jsonl:2: ends inside") != std::string::npos);
  CHECK(read_text("[{\"text\": \"a\"}]\n{}").counts.error().code == ErrorCode::Malformed);
}

TEST_CASE("each kind of bad line is reported with file and line, and the rest is read") {
  struct Case {
    std::string line, reason;
  };
  const std::string long_line = "{\"text\": \"" + std::string(2000, 'x') + "\"}";
  for (const Case& c : {Case{"7", "not a JSON object"}, Case{"{\"text\": \"\xFF\"}", "not UTF-8"},
                        Case{"{\"text\": \"a\"", "not valid JSON"}, Case{"{\"a\": 1}", "no instruction"},
                        Case{long_line, "longer than 1000 bytes"}}) {
    Read read = read_text(good_rows(2) + c.line + "\n" + good_rows(1));
    REQUIRE(read.counts);
    CHECK(read.counts->rows == 3);
    REQUIRE(read.bad.size() == 1);
    CHECK(read.bad[0].line == 3);
    CHECK(read.bad[0].message.find("rows.jsonl:3: " + c.reason) != std::string::npos);
  }
}

TEST_CASE("more than one bad row and more than one per cent refuses the file and names the first") {
  CHECK(read_text(good_rows(198) + "7\n8\n").counts->bad == 2);
  Read read = read_text(good_rows(197) + "7\n8\n");
  REQUIRE_FALSE(read.counts);
  CHECK(read.counts.error().code == ErrorCode::Malformed);
  CHECK(read.counts.error().message.find("rows.jsonl:198: not a JSON object; 2 of 199") != std::string::npos);
  CHECK(read_text("7\n").counts->bad == 1);
}

TEST_CASE("a file that is something else is given up before its end") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "name;age\n";
  Read read = read_text(text);
  CHECK(read.counts.error().code == ErrorCode::Malformed);
  CHECK(read.bad.size() == 1000);
}

TEST_CASE("a missing file and a folder are errors that name them") {
  auto read = [](const Path& path) {
    return read_rows(
        path, [](const DataRow&) {}, [](const BadRow&) {});
  };
  CHECK(read("/no/such/rows.jsonl").error().code == ErrorCode::NotFound);
  CHECK(read("/").error().code == ErrorCode::Unreadable);
}

TEST_CASE("every truncation and a thousand damages of a file are read or refused, never worse") {
  const std::string array = R"([{"text": "a\n\u00e9 ], [{"}, {"prompt": "b", "completion": [1]}, 7])";
  const std::string lines = "{\"instruction\": \"a\", \"input\": \"\xC3\xA9\"}\n{\"text\": \"b\"}\n";
  for (const std::string& whole : {array, lines}) {
    for (size_t size = 0; size <= whole.size(); ++size) {
      Read read = read_text(whole.substr(0, size));
      if (read.counts) CHECK(read.counts->rows == static_cast<int64_t>(read.rows.size()));
    }
    Random random(1, "damage");
    for (int i = 0; i < 500; ++i) {
      std::string text = whole;
      text[random.below(text.size())] ^= static_cast<char>(1 << random.below(8));
      Read read = read_text(text);
      if (read.counts) CHECK(read.counts->bad == static_cast<int64_t>(read.bad.size()));
    }
  }
}

TEST_CASE("the real instruction rows are read whole") {
  Path file = Path(__FILE__).parent_path() / "../../../shared/data/instructions.jsonl";
  if (!std::filesystem::exists(file)) {
    MESSAGE("skipped: ", file.string(), " is not here");
    return;
  }
  size_t outputs = 0, merged = 0;
  Result<RowCounts> counts = read_rows(
      file,
      [&](const DataRow& row) {
        outputs += row.has_output ? 1 : 0;
        merged += row.instruction.find('\n') != std::string::npos ? 1 : 0;
      },
      [](const BadRow& bad) { FAIL_CHECK(bad.message); });
  REQUIRE(counts);
  CHECK(counts->rows == 20'317);
  CHECK(outputs == 20'317);
  CHECK(merged > 1'000);
}

}  // namespace retort
