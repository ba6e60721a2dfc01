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
    Error error = load_model_folder(saved.folder.path()).error();
    CHECK(error.code == ErrorCode::InvalidArgument);
    CHECK(error.message.find(saved.folder.path().string()) != std::string::npos);
    return error.message;
  };
  auto contains = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(contains(load_with("model_type", "mamba"), "mamba"));
  CHECK(contains(load_with("model_type", nullptr), "no model_type"));
  CHECK(contains(load_with("model_type", "gemma3"), "gemma3_text"));
  CHECK(contains(load_with("hidden_act", "relu"), "hidden_act relu"));
  CHECK(contains(load_with("quantization_config", Json::object().set("bits", 4)), "quantization_config"));
  CHECK(contains(load_with("rope_scaling", Json::object().set("rope_type", "dynamic")), "dynamic"));
}

TEST_CASE("a folder of pickled weights is refused with what to do") {
  Saved saved(true);
  std::filesystem::rename(saved.folder.path() / "model.safetensors",
                          saved.folder.path() / "pytorch_model-00001-of-00002.bin");
  Error error = load_model_folder(saved.folder.path()).error();
  CHECK(error.code == ErrorCode::InvalidArgument);
  CHECK(error.message.find("save_pretrained") != std::string::npos);
  std::filesystem::remove(saved.folder.path() / "pytorch_model-00001-of-00002.bin");
  CHECK(saved.load_error() == ErrorCode::NotFound);
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

// Saves in shards of at most so many bytes; returns the index.
Json save_shards(const Saved& saved, Decoder& decoder, int64_t bytes) {
  or_throw(save_model_folder(saved.folder.path(), decoder, Json::object(), torch::kFloat32, bytes));
  return read_json_file((saved.folder.path() / "model.safetensors.index.json").string()).value();
}

size_t safetensors_count(const Path& folder) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    count += entry.path().extension() == ".safetensors";
  return count;
}

TEST_CASE(
    "a model too large for one file is saved in shards, and saving another way removes what was there") {
  Saved saved(false);
  Json index = save_shards(saved, saved.decoder, 700);
  size_t shards = safetensors_count(saved.folder.path());
  CHECK(shards > 3);
  CHECK_FALSE(std::filesystem::exists(saved.folder.path() / "model.safetensors"));
  CHECK(index.at_path("metadata/total_size").integer_or(0) == weight_count(saved.decoder) * 4);
  ModelFolder back = load_model_folder(saved.folder.path()).value();
  CHECK(same_weights(saved.decoder, back.decoder));
  save_shards(saved, back.decoder, 1'500);
  CHECK(safetensors_count(saved.folder.path()) < shards);
  CHECK(same_weights(saved.decoder, load_model_folder(saved.folder.path()).value().decoder));
  or_throw(write_file_atomic(saved.folder.path() / "model-of-mine.safetensors", "x"));
  or_throw(save_model_folder(saved.folder.path(), back.decoder, Json::object(), torch::kFloat32));
  CHECK(safetensors_count(saved.folder.path()) == 2);
  CHECK_FALSE(std::filesystem::exists(saved.folder.path() / "model.safetensors.index.json"));
}

TEST_CASE("an index that says other than its shards is malformed") {
  Saved saved(false);
  Json index = save_shards(saved, saved.decoder, 700);
  auto load_with = [&](const Json& map) {
    or_throw(write_file_atomic(saved.folder.path() / "model.safetensors.index.json",
                               Json::object().set("weight_map", map).dump()));
    return saved.load_error();
  };
  Json map = index.at_path("weight_map"), swapped = map;
  std::string last(map.members().back().second.string_or(""));
  CHECK(load_with(swapped.set("model.embed_tokens.weight", last)) == ErrorCode::Malformed);
  CHECK(load_with(Json(map).set("model.more.weight", last)) == ErrorCode::Malformed);
  CHECK(load_with(Json::object()) == ErrorCode::Malformed);
  CHECK(load_with("x") == ErrorCode::Malformed);
  CHECK(load_with(Json::object().set("model.norm.weight", 5)) == ErrorCode::Malformed);
}

TEST_CASE("what is loaded is the mapped file, what is written to it is not") {
  Saved saved(true);
  Path file = saved.folder.path() / "model.safetensors";
  std::string before = read_file(file).value();
  ModelFolder back = load_model_folder(saved.folder.path()).value();
  CHECK_FALSE(back.decoder.embedding_VD.storage().resizable());
  back.decoder.embedding_VD.fill_(3);
  CHECK(read_file(file).value() == before);
  std::filesystem::remove(file);
  CHECK(torch::equal(back.decoder.layers[1].up.weight, saved.decoder.layers[1].up.weight));
}

TEST_CASE("weights of another type are converted") {
  Saved saved(true);
  ModelFolder half = load_model_folder(saved.folder.path(), torch::kBFloat16).value();
  CHECK(
      torch::equal(half.decoder.layers[0].up.weight, saved.decoder.layers[0].up.weight.to(torch::kBFloat16)));
  CHECK(half.decoder.head_VD.is_same(half.decoder.embedding_VD));
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
