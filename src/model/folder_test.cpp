#include "model/folder.h"

#include "base/test.h"
#include "model/config_json.h"

namespace retort {
namespace {

DecoderConfig small(bool tied) {
  return {.vocabulary = 20,
          .width = 8,
          .layers = 2,
          .heads = 2,
          .kv_heads = 1,
          .head_width = 4,
          .feed_forward = 12,
          .rope_base = 300,
          .tied = tied,
          .context = 32};
}

struct Saved {
  TemporaryFolder folder;
  Decoder decoder;
  explicit Saved(bool tied) : decoder(make_decoder(small(tied), 1)) {
    or_throw(save_model_folder(folder.path(), decoder, Json::object(), torch::kFloat32));
  }
  Json config() const { return read_json_file((folder.path() / "config.json").string()).value(); }
  void set_config(const Json& json) {
    or_throw(write_file_atomic(folder.path() / "config.json", json.dump()));
  }
  ErrorCode load_error() { return load_model_folder(folder.path()).error().code; }
};

bool same_weights(Decoder& a, Decoder& b) {
  auto left = named_weights(a), right = named_weights(b);
  bool same = left.size() == right.size();
  for (size_t i = 0; same && i < left.size(); ++i) same = torch::equal(*left[i].second, *right[i].second);
  return same;
}

TEST_CASE("a folder that was saved loads as the same decoder, tied and not") {
  for (bool tied : {true, false}) {
    Saved saved(tied);
    ModelFolder back = load_model_folder(saved.folder.path()).value();
    CHECK(same_weights(saved.decoder, back.decoder));
    CHECK(back.decoder.config.rope_base == 300);
    CHECK(back.decoder.config.context == 32);
    CHECK(back.decoder.head_VD.is_same(back.decoder.embedding_VD) == tied);
  }
}

TEST_CASE("saving again writes the same bytes") {
  Saved saved(true);
  Path file = saved.folder.path() / "model.safetensors";
  std::string before = read_file(file).value();
  ModelFolder back = load_model_folder(saved.folder.path()).value();
  or_throw(save_model_folder(saved.folder.path(), back.decoder, Json::object(), torch::kFloat32));
  CHECK(read_file(file).value() == before);
}

TEST_CASE("members of extra replace ours in config.json") {
  Saved saved(true);
  or_throw(save_model_folder(saved.folder.path(), saved.decoder, Json::object().set("eos_token_id", 7),
                             torch::kBFloat16));
  CHECK(saved.config().at_path("eos_token_id") == Json(7));
  CHECK(saved.config().at_path("dtype") == Json("bfloat16"));
}

TEST_CASE("a model that this build cannot run is named") {
  Saved saved(true);
  auto load_with = [&](const char* name, Json value) {
    saved.set_config(make_config_json(small(true), torch::kFloat32).set(name, std::move(value)));
    return load_model_folder(saved.folder.path()).error();
  };
  Error qwen = load_with("model_type", "qwen2");
  CHECK(qwen.code == ErrorCode::InvalidArgument);
  CHECK(qwen.message.find("qwen2") != std::string::npos);
  CHECK(load_with("hidden_act", "gelu").code == ErrorCode::InvalidArgument);
  CHECK(load_with("attention_bias", true).code == ErrorCode::InvalidArgument);
  CHECK(load_with("rope_scaling", Json::object().set("rope_type", "llama3")).code ==
        ErrorCode::InvalidArgument);
}

TEST_CASE("a config that does not fit the tensors is a mismatch, an absurd one malformed") {
  Saved saved(true);
  auto load_with = [&](const char* name, Json value) {
    saved.set_config(make_config_json(small(true), torch::kFloat32).set(name, std::move(value)));
    return saved.load_error();
  };
  CHECK(load_with("vocab_size", 21) == ErrorCode::Mismatch);
  CHECK(load_with("num_hidden_layers", 3) == ErrorCode::Mismatch);
  CHECK(load_with("num_hidden_layers", 1) == ErrorCode::InvalidArgument);  // a layer would be left out
  CHECK(load_with("tie_word_embeddings", false) == ErrorCode::Mismatch);
  CHECK(load_with("hidden_size", Json(static_cast<long>(int64_t{1} << 40))) == ErrorCode::Malformed);
  CHECK(load_with("num_attention_heads", 0) == ErrorCode::Malformed);
}

// Splits the saved model into one shard a tensor and writes the index.
Json shard(const Saved& saved) {
  Path folder = saved.folder.path();
  Json map = Json::object();
  int number = 0;
  for (const auto& [name, tensor] : or_throw(read_safetensors(folder / "model.safetensors"))) {
    std::string file = format("part-{}.safetensors", number++);
    or_throw(write_safetensors(folder / file, {{name, tensor}}));
    map.set(name, file);
  }
  std::filesystem::remove(folder / "model.safetensors");
  return map;
}

TEST_CASE("shards load through their index, and saving removes it") {
  Saved saved(true);
  Path index = saved.folder.path() / "model.safetensors.index.json";
  or_throw(write_file_atomic(index, Json::object().set("weight_map", shard(saved)).dump()));
  ModelFolder back = load_model_folder(saved.folder.path()).value();
  CHECK(same_weights(saved.decoder, back.decoder));
  or_throw(save_model_folder(saved.folder.path(), back.decoder, Json::object(), torch::kFloat32));
  CHECK_FALSE(std::filesystem::exists(index));
}

TEST_CASE("an index cannot name a file outside its folder") {
  Saved saved(true);
  TemporaryFolder elsewhere;
  std::filesystem::rename(saved.folder.path() / "model.safetensors", elsewhere.path() / "model.safetensors");
  std::filesystem::create_symlink(elsewhere.path() / "model.safetensors",
                                  saved.folder.path() / "link.safetensors");
  for (std::string name : {"../" + elsewhere.path().filename().string() + "/model.safetensors",
                           (elsewhere.path() / "model.safetensors").string(), std::string("link.safetensors"),
                           std::string("..")}) {
    Json map = Json::object().set("model.norm.weight", name);
    or_throw(write_file_atomic(saved.folder.path() / "model.safetensors.index.json",
                               Json::object().set("weight_map", map).dump()));
    CHECK(saved.load_error() == ErrorCode::Malformed);
  }
}

}  // namespace
}  // namespace retort
