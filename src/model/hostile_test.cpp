// Folders as a stranger or a broken disk would hand them over: cut, flipped, rewritten. Each loads, or ends
// in an error that names the file; none ends the process. RETORT_LONG=1 draws 20,000 flips, else 1,500.
#include <cstdlib>
#include <fstream>

#include "base/random.h"
#include "base/test.h"
#include "model/folder.h"
#include "model/safetensors_header.h"

namespace retort {
namespace {

const int kOneThread = (torch::set_num_threads(1), 1);

int flips() { return std::getenv("RETORT_LONG") != nullptr ? 20'000 : 1'500; }

// A Gemma 3 (the richest config) in shards.
struct Victim {
  TemporaryFolder folder;
  std::vector<std::string> names = {"config.json", "model.safetensors.index.json"};
  Victim() {
    DecoderConfig c{.vocabulary = 7, .width = 4, .layers = 2, .heads = 1, .kv_heads = 1, .head_width = 4};
    c.feed_forward = 4, c.family = Family::Gemma3, c.norm_placement = NormPlacement::Both;
    c.norm_weight = NormWeight::OnePlus, c.query_key_norm = QueryKeyNorm::PerHead;
    c.activation = Activation::GeluTanh, c.embedding_scale = 2, c.query_scale = 0.5;
    c.layer_kinds = {{.window = 3, .rope = LayerRope::Local}, {}};
    Decoder decoder = make_decoder(c, 1);
    or_throw(save_model_folder(folder.path(), decoder, Json::object(), torch::kFloat32, 400));
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      if (entry.path().extension() == ".safetensors") names.push_back(entry.path().filename().string());
  }
  // A new file each time: what is mapped is never shortened. Nothing here need survive a power cut.
  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::remove(folder.path() / name);
    std::ofstream(folder.path() / name, std::ios::binary) << bytes;
  }
  // What loading gives with these bytes in that file: nothing, or the error's text.
  std::optional<std::string> error_with(const std::string& name, const std::string& bytes) const {
    std::string sound = or_throw(read_file(folder.path() / name));
    write(name, bytes);
    Result<ModelFolder> model = load_model_folder(folder.path());
    write(name, sound);
    if (model) return std::nullopt;
    return model.error().message;
  }
};

TEST_CASE("every truncation of config, index and shards is an error that names the folder's file") {
  Victim victim;
  CHECK(victim.names.size() > 4);
  CHECK_FALSE(victim.error_with("config.json", or_throw(read_file(victim.folder.path() / "config.json"))));
  victim.names.resize(3);  // one shard is as good as another
  for (const std::string& name : victim.names) {
    std::string sound = or_throw(read_file(victim.folder.path() / name));
    size_t end = name.ends_with(".json") ? sound.find_last_of('}') : sound.size();
    for (size_t size = 0; size < end; ++size) {
      std::optional<std::string> error = victim.error_with(name, sound.substr(0, size));
      REQUIRE(error.has_value());
      CHECK(error->find(name) != std::string::npos);
    }
  }
}

TEST_CASE("flipped bits anywhere load or end in a clear error") {
  Victim victim;
  Random random(3, "flips");
  int refused = 0;
  for (int i = 0; i < flips(); ++i) {
    const std::string& name =
        victim.names[static_cast<size_t>(random.range(0, static_cast<int64_t>(victim.names.size()) - 1))];
    std::string bytes = or_throw(read_file(victim.folder.path() / name));
    size_t at = static_cast<size_t>(random.range(0, static_cast<int64_t>(bytes.size()) - 1));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.range(0, 7)));
    std::optional<std::string> error = victim.error_with(name, bytes);
    if (!error) continue;
    ++refused;
    CHECK(error->find(victim.folder.path().string()) != std::string::npos);
    CHECK(error->find('\n') == std::string::npos);
    CHECK(error->size() < 600);
  }
  CHECK(refused > flips() / 4);
}

TEST_CASE("a header of a hundred thousand tensors, deep nesting and endless digits end quickly") {
  std::string many = "{";
  for (int i = 0; i < 100'001; ++i)
    many +=
        format("{}\"{}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", i == 0 ? "" : ",", i);
  CHECK(parse_safetensors_header(many + "}", 0).error().code == ErrorCode::Malformed);
  CHECK(parse_safetensors_header("{\"a\":" + std::string(100'000, '['), 0).error().code ==
        ErrorCode::Malformed);
  CHECK(parse_safetensors_header(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + std::string(100'000, '9') + "],\"data_offsets\":[0,0]}}",
            0)
            .error()
            .code == ErrorCode::Malformed);
}

TEST_CASE("a file that is two things at once is refused: bytes before, behind or between the tensors") {
  auto header = [](const char* offsets) {
    return format(R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":{}}}}})", offsets);
  };
  CHECK(parse_safetensors_header(header("[0,4]"), 4).has_value());
  CHECK(parse_safetensors_header(header("[0,4]"), 5).error().code == ErrorCode::Malformed);
  CHECK(parse_safetensors_header(header("[1,5]"), 5).error().code == ErrorCode::Malformed);
  CHECK(parse_safetensors_header(" " + header("[0,4]"), 4).error().code == ErrorCode::Malformed);
  CHECK(parse_safetensors_header(header("[0,4]") + "x", 4).error().code == ErrorCode::Malformed);
}

TEST_CASE("a device, a folder and an empty file in a file's place are errors") {
  Victim victim;
  Path config = victim.folder.path() / "config.json";
  CHECK(victim.error_with("config.json", "").has_value());
  std::filesystem::remove(config);
  std::filesystem::create_directory(config);
  CHECK_FALSE(load_model_folder(victim.folder.path()).has_value());
  CHECK_FALSE(map_safetensors("/dev/zero").has_value());
  CHECK_FALSE(map_safetensors(victim.folder.path()).has_value());
}

}  // namespace
}  // namespace retort
