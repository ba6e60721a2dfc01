// Parquet through its module, where the build has one: what we write comes back, what is broken is named.
#include "data/parquet.h"

#include <cstdio>
#include <fstream>

#include "base/random.h"
#include "base/test.h"
#include "data/convert.h"
#include "data/rows.h"

namespace retort {
namespace {

bool no_module() {
  static const bool absent = [] {
    const bool missing = !ParquetWriter::create(Json::object().set("text", "text"), "probe");
    if (missing)
      std::printf("SKIP Parquet: this build has no libretort_parquet.so (scripts/setup fetches Arrow)\n");
    return missing;
  }();
  return absent;
}

void write(const Path& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

// A file of our own: rows of texts in row groups of the writer's own size.
std::string parquet_of(const std::vector<Json>& rows, const Json& columns) {
  ParquetWriter writer = or_throw(ParquetWriter::create(columns, "rows.parquet"));
  std::string bytes;
  for (const Json& row : rows) bytes += or_throw(writer.write(row));
  return bytes += or_throw(writer.finish());
}

Json text_columns() { return Json::object().set("instruction", "text").set("output", "text"); }

struct Seen {
  std::vector<Json> rows;
  std::vector<int64_t> groups;
  std::string fault;  // empty: none
};

Seen seen_in(const Path& path, size_t row_bytes_max = size_t{16} << 20) {
  Seen seen;
  const auto done = read_parquet(
      path,
      [&](const SourceRow& row) -> Result<void> {
        seen.rows.push_back(row.json ? *row.json : Json("bad: " + row.json.error().message));
        seen.groups.push_back(*row.row_group);
        CHECK(row.line == seen.rows.size());
        return {};
      },
      row_bytes_max);
  if (!done) seen.fault = done.error().message;
  return seen;
}

std::vector<Json> drawn_rows(int64_t count) {
  const std::vector<std::string> pieces = {"a", "\"", "\\", "\n", std::string(1, '\0'), "é", "😀", " "};
  std::vector<Json> rows;
  for (int64_t i = 0; i < count; ++i) {
    Random random(1, "parquet", static_cast<uint64_t>(i));
    Json row = Json::object();
    for (const char* column : {"instruction", "output"}) {
      std::string text;
      for (int64_t n = random.range(0, 6); n > 0; --n) text += pieces[random.below(pieces.size())];
      if (random.below(4) > 0) row.set(column, text);
    }
    rows.push_back(row);
  }
  return rows;
}

TEST_CASE("drawn rows come back in order through several row groups; what was absent stays absent" *
          doctest::skip(no_module())) {
  TemporaryFolder folder;
  const std::vector<Json> rows = drawn_rows(25'000);
  write(folder.path() / "rows.parquet", parquet_of(rows, text_columns()));
  const Seen seen = seen_in(folder.path() / "rows.parquet");
  CHECK(seen.fault.empty());
  CHECK(seen.rows == rows);
  CHECK(seen.groups.back() == 2);
}

TEST_CASE("lists of turns come back, an empty list too, and no row at all is a file as well" *
          doctest::skip(no_module())) {
  TemporaryFolder folder;
  const Json columns =
      Json::object().set("messages", Json(Json::Array{"role", "content"})).set("kind", "text");
  std::vector<Json> rows;
  for (const char* text :
       {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})",
        R"({"messages":[],"kind":"none"})", R"({"kind":"no list"})",
        R"({"messages":[{"content":"no role"}],"kind":""})"})
    rows.push_back(or_throw(parse_json(text)));
  write(folder.path() / "talks.parquet", parquet_of(rows, columns));
  CHECK(seen_in(folder.path() / "talks.parquet").rows == rows);
  write(folder.path() / "none.parquet", parquet_of({}, columns));
  const Seen none = seen_in(folder.path() / "none.parquet");
  CHECK(none.rows.empty());
  CHECK(none.fault.empty());
}

TEST_CASE("a folder of shards is converted in the order of their names, to Parquet and back" *
          doctest::skip(no_module())) {
  TemporaryFolder folder;
  const std::vector<Json> rows = {Json::object().set("instruction", "one").set("output", "1"),
                                  Json::object().set("instruction", "two").set("output", "2"),
                                  Json::object().set("instruction", "three")};
  std::filesystem::create_directories(folder.path() / "set/data");
  write(folder.path() / "set/data/train-00001-of-00002.parquet", parquet_of({rows[2]}, text_columns()));
  write(folder.path() / "set/data/train-00000-of-00002.parquet",
        parquet_of({rows[0], rows[1]}, text_columns()));
  write(folder.path() / "set/data/test-00000-of-00001.parquet", parquet_of({rows[0]}, text_columns()));
  or_throw(convert_rows(folder.path() / "set", folder.path() / "all.parquet", RowShape::Alpaca, {}));
  or_throw(convert_rows(folder.path() / "all.parquet", folder.path() / "all.jsonl", RowShape::Alpaca, {}));
  std::string read;
  or_throw(read_rows(
      folder.path() / "all.jsonl", [&](const DataRow& row) { read += row.instruction + row.output + " "; },
      [](const BadRow&) {}));
  CHECK(read == "one1 two2 three ");
}

TEST_CASE("a bad row is told with its row group and number, one too long or of the wrong type as well" *
          doctest::skip(no_module())) {
  TemporaryFolder folder;
  const Path path = folder.path() / "rows.parquet";
  const Json columns = Json::object().set("instruction", Json(Json::Array{"role", "content"}));
  write(path, parquet_of({or_throw(parse_json(R"({"instruction":[{"role":"user"}]})"))}, columns));
  std::string told;
  or_throw(read_rows(
      path, [](const DataRow&) {}, [&](const BadRow& bad) { told = bad.message; }));
  CHECK(told.find("rows.parquet: row group 0, row 1: \"instruction\" is not a string") != std::string::npos);
  write(path, parquet_of({Json::object().set("output", std::string(100, 'x'))}, text_columns()));
  CHECK(seen_in(path, 50).rows[0].string_or("") == "bad: longer than 50 bytes");
}

TEST_CASE("what is no Parquet, or only the beginning of it, is named and no crash" *
          doctest::skip(no_module())) {
  TemporaryFolder folder;
  const Path path = folder.path() / "rows.parquet";
  const std::string good = parquet_of(drawn_rows(200), text_columns());
  for (const std::string& bytes : {std::string(), std::string("PAR1"), std::string(5'000, 'x'),
                                   "X" + good.substr(1, good.size() - 2) + "X"}) {
    write(path, bytes);
    CHECK(seen_in(path).fault.find("rows.parquet: ") != std::string::npos);
  }
  for (size_t cut = 1; cut < good.size(); cut += good.size() / 97) {
    write(path, std::string_view(good).substr(0, cut));
    const Seen seen = seen_in(path);
    CHECK(seen.fault.find("rows.parquet: ") != std::string::npos);
    CHECK(seen.fault.find('\n') == std::string::npos);
  }
}

// Pages carry checksums: a changed byte of the data is found, with its row group and column.
TEST_CASE("a changed byte gives an error or the same rows, never other rows of the page nor a crash" *
          doctest::skip(no_module())) {
  TemporaryFolder folder;
  const Path path = folder.path() / "rows.parquet";
  const std::vector<Json> rows = drawn_rows(300);
  const std::string good = parquet_of(rows, text_columns());
  // Behind the magic, the header of the first page (some 60 bytes), and before the footer: data pages alone.
  const uint32_t footer = static_cast<unsigned char>(good[good.size() - 8]) +
                          256U * static_cast<unsigned char>(good[good.size() - 7]);
  int named = 0, faults = 0;
  for (uint64_t i = 0; i < 400; ++i) {
    Random random(2, "parquet flip", i);
    std::string bytes = good;
    const size_t at = random.below(bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    write(path, bytes);
    const Seen seen = seen_in(path);
    CHECK(seen.fault.find('\n') == std::string::npos);
    if (at >= 200 && at < good.size() - footer - 8) CHECK((!seen.fault.empty() || seen.rows == rows));
    if (seen.fault.empty()) continue;
    ++faults;
    if (seen.fault.find("row group 0, column ") != std::string::npos) ++named;
  }
  CHECK(faults > 200);
  CHECK(named > 100);
}

}  // namespace
}  // namespace retort
