#include <cstring>

#include "base/test.h"
#include "model/folder.h"
#include "model/safetensors_header.h"

namespace retort {
namespace {

std::string with_header(const std::string& header, size_t data_bytes) {
  uint64_t size = header.size();
  std::string file(reinterpret_cast<const char*>(&size), 8);
  return file + header + std::string(data_bytes, '\1');
}

ErrorCode code_of(const std::string& bytes) {
  TemporaryFolder folder;
  Path path = folder.path() / "x.safetensors";
  or_throw(write_file_atomic(path, bytes));
  auto tensors = read_safetensors(path);
  REQUIRE_FALSE(tensors.has_value());
  return tensors.error().code;
}

std::string entry(const char* dtype, const char* shape, const char* offsets) {
  return format(R"({{"dtype":"{}","shape":{},"data_offsets":{}}})", dtype, shape, offsets);
}

TEST_CASE("tensors of every type come back in order, to the bit") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.safetensors";
  std::vector<std::pair<std::string, torch::Tensor>> tensors = {
      {"z", torch::randn({3, 4})},
      {"half", torch::randn({5}).to(torch::kBFloat16)},
      {"scalar", torch::tensor(7, torch::kInt64)},
      {"empty", torch::empty({0, 3})},
      {"transposed", torch::randn({4, 3}).t()},
      {"bytes", torch::arange(9).to(torch::kUInt8)}};
  or_throw(write_safetensors(path, tensors, Json::object().set("note", "n")));
  auto back = read_safetensors(path).value();
  REQUIRE(back.size() == tensors.size());
  for (size_t i = 0; i < back.size(); ++i) {
    CHECK(back[i].first == tensors[i].first);
    CHECK((back[i].second.scalar_type() == tensors[i].second.scalar_type()));
    CHECK(torch::equal(back[i].second, tensors[i].second));
  }
}

TEST_CASE("the data begins at a whole cache line of the file, however long the header is") {
  for (size_t extra = 0; extra < 70; ++extra) {
    TensorEntry one{"w", TensorType::F32, {1}, 0, 4};
    const Json note = Json::object().set("note", std::string(extra, 'n'));
    CHECK((sizeof(uint64_t) + make_safetensors_header({one}, note).size()) % 64 == 0);
  }
}

TEST_CASE("an overlap, a gap and bytes left over are malformed") {
  std::string two =
      format(R"({{"a":{},"b":{}}})", entry("F32", "[1]", "[0,4]"), entry("F32", "[1]", "[4,8]"));
  std::string overlap =
      format(R"({{"a":{},"b":{}}})", entry("F32", "[1]", "[0,4]"), entry("F32", "[1]", "[2,6]"));
  std::string gap =
      format(R"({{"a":{},"b":{}}})", entry("F32", "[1]", "[0,4]"), entry("F32", "[1]", "[8,12]"));
  CHECK(code_of(with_header(two, 9)) == ErrorCode::Malformed);
  CHECK(code_of(with_header(two, 7)) == ErrorCode::Malformed);
  CHECK(code_of(with_header(overlap, 6)) == ErrorCode::Malformed);
  CHECK(code_of(with_header(gap, 12)) == ErrorCode::Malformed);
}

TEST_CASE("a shape that no file could hold is malformed") {
  for (const char* shape :
       {"[4611686018427387904,4611686018427387904,4]", "[-1]", "[1.0]", "[9223372036854775807]", "[2]",
        "[0,9223372036854775807]", "[1,1,1,1,1,1,1,1,1]", "null"})
    CHECK(code_of(with_header(format(R"({{"a":{}}})", entry("F32", shape, "[0,4]")), 4)) ==
          ErrorCode::Malformed);
}

TEST_CASE("a header longer than the file, or than 16 MB, is malformed") {
  std::string file = with_header("{}", 0);
  for (uint64_t claim : {uint64_t{3}, uint64_t{1} << 63, ~uint64_t{0}, uint64_t{17} << 20}) {
    std::memcpy(file.data(), &claim, 8);
    CHECK(code_of(file) == ErrorCode::Malformed);
  }
  CHECK(code_of("short") == ErrorCode::Malformed);
}

TEST_CASE("an unknown type, a repeated name and strange metadata are malformed") {
  CHECK(code_of(with_header(format(R"({{"a":{}}})", entry("F8_E4M3", "[4]", "[0,4]")), 4)) ==
        ErrorCode::Malformed);
  std::string a = entry("F32", "[1]", "[0,4]"), b = entry("F32", "[1]", "[4,8]");
  CHECK(code_of(with_header(format(R"({{"a":{},"a":{}}})", a, b), 8)) == ErrorCode::Malformed);
  CHECK(code_of(with_header(format(R"({{"__metadata__":{{"n":1}},"a":{}}})", a), 4)) == ErrorCode::Malformed);
  CHECK(code_of(with_header("[]", 0)) == ErrorCode::Malformed);
}

TEST_CASE("a missing file is not found") {
  CHECK(read_safetensors("/nowhere/x.safetensors").error().code == ErrorCode::NotFound);
}

TEST_CASE("every truncation and every flipped byte of a small file is survived") {
  TemporaryFolder folder;
  Path path = folder.path() / "x.safetensors";
  or_throw(write_safetensors(path, {{"ab", torch::ones({2, 3})}, {"c", torch::ones({1}, torch::kInt64)}}));
  std::string sound = read_file(path).value();
  auto survive = [&](const std::string& bytes) {
    or_throw(write_file_atomic(path, bytes));
    auto tensors = read_safetensors(path);
    if (!tensors) return false;
    for (auto& [name, tensor] : *tensors) (void)tensor.sum().item<double>();
    return true;
  };
  for (size_t size = 0; size < sound.size(); ++size) CHECK_FALSE(survive(sound.substr(0, size)));
  for (size_t at = 0; at < sound.size(); ++at)
    for (unsigned char flip : {0x01, 0x20, 0xFF}) {
      std::string damaged = sound;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      survive(damaged);
    }
}

}  // namespace
}  // namespace retort
