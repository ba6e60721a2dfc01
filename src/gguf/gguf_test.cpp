#include <cmath>

#include "base/random.h"
#include "base/test.h"
#include "gguf/blocks.h"
#include "gguf/file.h"
#include "gguf/writer.h"

namespace retort {
namespace {

GgufMetadata all_types() {
  GgufMetadata m;
  m.add_text("general.architecture", "llama");
  m.add("u8", {GgufValueType::Uint8, {}, int64_t{255}});
  m.add("i8", {GgufValueType::Int8, {}, int64_t{-1}});
  m.add("u16", {GgufValueType::Uint16, {}, int64_t{65'535}});
  m.add("i16", {GgufValueType::Int16, {}, int64_t{-2}});
  m.add_integer("u32", 4'294'967'295);
  m.add("i32", {GgufValueType::Int32, {}, int64_t{-3}});
  m.add("u64", {GgufValueType::Uint64, {}, int64_t{1} << 62});
  m.add("i64", {GgufValueType::Int64, {}, int64_t{-4}});
  m.add_number("f32", 0.5);
  m.add("f64", {GgufValueType::Float64, {}, 0.1});
  m.add_bool("yes", true);
  m.add_texts("texts", {"a", "", "\xff"});
  m.add_integers("ids", {1, -2, 3});
  m.add_numbers("scores", {0.25, -1});
  GgufValue inner{GgufValueType::Array, GgufValueType::Int8, GgufValue::Integers{-1, 2}};
  m.add("nested", {GgufValueType::Array, GgufValueType::Array, std::vector<GgufValue>{inner, inner}});
  return m;
}

// A sound file: the metadata above, three tensors.
std::string small_file() {
  std::vector<GgufTensorPlan> tensors = {{"a", {2, 3}, GgufTensorType::F32},
                                         {"b", {1, 256}, GgufTensorType::Q4_K},
                                         {"c", {5}, GgufTensorType::F16}};
  std::string file = make_gguf_head(all_types(), tensors);
  file.append(24 + 8, '\1');
  file.append(144 + 16, '\2');
  return file.append(10, '\3');
}

Result<GgufHeader> parse(const std::string& file) {
  return parse_gguf_header(
      [&](uint64_t at, std::span<char> to) -> Result<void> {
        RETORT_CHECK(at + to.size() <= file.size(), "a read past the end");
        std::copy_n(file.begin() + static_cast<long>(at), to.size(), to.begin());
        return {};
      },
      file.size());
}

TEST_CASE("values of every type come back") {
  GgufHeader header = parse(small_file()).value();
  const GgufMetadata wanted = all_types();
  REQUIRE(header.metadata.entries().size() == wanted.entries().size());
  for (const auto& [key, value] : wanted.entries()) {
    const GgufValue* got = header.metadata.find(key);
    REQUIRE(got != nullptr);
    CHECK((*got == value));
  }
  CHECK(header.metadata.integer("u32", 0, int64_t{1} << 32).value() == 4'294'967'295);
  CHECK(header.metadata.integer("i8", 0, 9).error().message.find("i8 is -1") == 0);
  CHECK(header.metadata.integer("none", 0, 9).error().code == ErrorCode::NotFound);
}

TEST_CASE("a file written piece by piece is read back to the same numbers") {
  TemporaryFolder folder;
  Path path = folder.path() / "new" / "x.gguf";
  std::vector<float> values(2 * 256);
  Random random(1, "gguf");
  for (float& value : values) value = static_cast<float>(random.normal());
  std::string f32(reinterpret_cast<const char*>(values.data()), values.size() * 4);
  std::string q8(2 * 8 * 34, '\0');
  quantise_row(GgufTensorType::Q8_0, values, {reinterpret_cast<uint8_t*>(q8.data()), q8.size()});
  GgufWriter writer = GgufWriter::create(path, all_types(),
                                         {{"first", {2, 256}, GgufTensorType::F32},
                                          {"second", {2, 256}, GgufTensorType::Q8_0}})
                          .value();
  or_throw(writer.write_blocks(std::string_view(f32).substr(0, 1'024)));
  or_throw(writer.write_blocks(std::string_view(f32).substr(1'024)));
  CHECK_FALSE(std::filesystem::exists(path));
  or_throw(writer.write_blocks(q8));
  or_throw(writer.finish());
  GgufFile file = GgufFile::open(path).value();
  std::vector<float> back(values.size());
  or_throw(file.read_rows(*file.find("first"), 0, back));
  CHECK(back == values);
  std::vector<float> row(256);
  or_throw(file.read_rows(*file.find("second"), 1, row));
  for (size_t i = 0; i < row.size(); ++i) CHECK(std::abs(row[i] - values[256 + i]) < 0.02);
  CHECK(file.find("third") == nullptr);
}

TEST_CASE("a writer that is given up leaves nothing behind") {
  TemporaryFolder folder;
  {
    GgufWriter writer =
        GgufWriter::create(folder.path() / "x", {}, {{"a", {1}, GgufTensorType::F32}}).value();
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("every truncation of a file is malformed") {
  const std::string file = small_file();
  REQUIRE(parse(file));
  for (size_t size = 0; size < file.size(); ++size) CHECK_FALSE(parse(file.substr(0, size)));
}

TEST_CASE("flipped bits end in an error or in tensors that lie inside the file") {
  const std::string sound = small_file();
  Random random(7, "gguf/flips");
  const int flips = std::getenv("RETORT_LONG") != nullptr ? 200'000 : 20'000;
  int errors = 0;
  for (int i = 0; i < flips; ++i) {
    std::string file = sound;
    for (uint64_t n = random.below(3) + 1; n > 0; --n)
      file[random.below(file.size())] ^= static_cast<char>(1 << random.below(8));
    Result<GgufHeader> header = parse(file);
    if (!header) {
      ++errors;
      CHECK_FALSE(header.error().message.empty());
      continue;
    }
    for (const GgufTensorInfo& tensor : header->tensors) CHECK(tensor.begin + tensor.bytes <= file.size());
  }
  CHECK(errors > flips / 4);
}

// A file whose head is these bytes after magic, version and the two counts.
std::string with_counts(uint64_t tensors, uint64_t keys, const std::string& rest, uint32_t version = 3) {
  std::string file(kGgufMagic);
  auto number = [&](auto value) { file.append(reinterpret_cast<const char*>(&value), sizeof value); };
  number(version);
  number(tensors);
  number(keys);
  return file + rest;
}
std::string bytes_of(auto... numbers) {
  std::string text;
  (text.append(reinterpret_cast<const char*>(&numbers), sizeof numbers), ...);
  return text;
}

TEST_CASE("absurd counts, lengths and depths cost nothing and name what is wrong") {
  const std::string room(64, '\0');
  const uint64_t huge = ~uint64_t{0};
  auto message = [](const std::string& file) { return parse(file).error().message; };
  auto holds = [](const std::string& text, std::string_view part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  holds(message(with_counts(huge, 0, room)), "tensor_count");
  holds(message(with_counts(0, huge, room)), "metadata_kv_count");
  holds(message(with_counts(0, 1, bytes_of(huge) + room)), "key 0");
  std::string key = bytes_of(uint64_t{1}) + "k";
  holds(message(with_counts(0, 1, key + bytes_of(uint32_t{8}, huge) + room)), "k needs");
  holds(message(with_counts(0, 1, key + bytes_of(uint32_t{9}, uint32_t{8}, huge) + room)), "length of k");
  holds(message(with_counts(0, 1, key + bytes_of(uint32_t{99}) + room)), "value type 99");
  std::string deep;
  for (int i = 0; i < 9; ++i) deep += bytes_of(uint32_t{9}, uint64_t{1});
  holds(message(with_counts(0, 1, key + bytes_of(uint32_t{9}) + deep + room)), "too deep");
  std::string one = key + bytes_of(uint32_t{4}, uint32_t{1});
  holds(message(with_counts(0, 2, one + one + room)), "k comes twice");
  holds(message(with_counts(0, 0, "", 1)), "version is 1");
  holds(message(with_counts(0, 0, "", 3u << 24)), "big-endian");
  holds(message("GGML then nothing"), "GGML");
}

TEST_CASE("a tensor that cannot be is named") {
  auto message = [](uint32_t dimensions, uint64_t size, uint32_t type, uint64_t offset) {
    std::string info = bytes_of(uint64_t{1}) + "w" + bytes_of(dimensions);
    for (uint32_t i = 0; i < dimensions; ++i) info += bytes_of(size);
    return parse(with_counts(1, 0, info + bytes_of(type, offset) + std::string(256, '\0'))).error().message;
  };
  for (const std::string& text :
       {message(0, 4, 0, 0), message(9, 4, 0, 0), message(1, 0, 0, 0), message(4, 1 << 20, 0, 0),
        message(1, uint64_t{1} << 63, 0, 0), message(1, 4, 77, 0), message(1, 4, 0, 32),
        message(1, 4, 0, ~0ull), message(1, 33, 8, 0), message(1, 1 << 20, 0, 0)}) {
    INFO(text);
    CHECK(text.find("tensor w") != std::string::npos);
  }
}

TEST_CASE("an alignment must be a power of two") {
  std::string key = "general.alignment";
  std::string entry = bytes_of(uint64_t{key.size()}) + key + bytes_of(uint32_t{4}, uint32_t{48});
  CHECK(parse(with_counts(0, 1, entry)).error().message.find("power of two") != std::string::npos);
}

TEST_CASE("a file that is not there, a folder and a short file are told apart") {
  TemporaryFolder folder;
  CHECK(GgufFile::open("/nowhere/x.gguf").error().code == ErrorCode::NotFound);
  CHECK(GgufFile::open(folder.path()).error().code == ErrorCode::Malformed);
  Path path = folder.path() / "x.gguf";
  or_throw(write_file_atomic(path, small_file().substr(0, 100)));
  Error error = GgufFile::open(path).error();
  CHECK(error.code == ErrorCode::Malformed);
  CHECK(error.message.find("x.gguf") != std::string::npos);
}

}  // namespace
}  // namespace retort
