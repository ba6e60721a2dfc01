// What our decoder makes of a model folder, for tests/family_parity.py to compare with `transformers`.
//   family_dump FOLDER IN.json OUT_FOLDER
// IN.json is {"prompts": [[ids]...], "documents": [[ids]...], "steps": N}. OUT_FOLDER gets logits.f32 and
// logits_bf16.f32 (of every prompt's positions, one after another), out.json (64 greedy tokens a prompt
// through the cache, N training losses with their settings and rows), gradients.safetensors (of the mean loss
// of the documents, packed; named and joined as the family stores its weights), and the model saved again:
// saved/ and, in shards, sharded/.
#include <cstdio>

#include "generate/sampler.h"
#include "model/folder.h"
#include "model/layout.h"
#include "nn/matmul_mode.h"
#include "train/loss.h"
#include "train/step_plan.h"

namespace retort {
namespace {

constexpr int64_t kRowTokens = 96;
const TrainOptions kOptions{.optimizer = "adamw",
                            .learning_rate = 2e-3,
                            .weight_decay = 0.1,
                            .clip_norm = 0.5,
                            .warmup_share = 0.2,
                            .rows_per_step = 1,
                            .row_tokens = kRowTokens,
                            .seed = 5};

std::vector<int32_t> ids_of(const Json& array) {
  std::vector<int32_t> ids;
  for (const Json& id : array.items()) ids.push_back(static_cast<int32_t>(id.integer_or(0)));
  return ids;
}

Json ids_json(std::span<const int32_t> ids) {
  Json array = Json::array();
  for (int32_t id : ids) array.push(id);
  return array;
}

void dump_logits(const Decoder& decoder, const std::vector<SampleRequest>& prompts, const Path& path) {
  torch::NoGradGuard no_grad;
  std::string bytes;
  for (const SampleRequest& prompt : prompts) {
    torch::Tensor tokens_BT = torch::tensor(prompt.prompt).to(torch::kInt64).unsqueeze(0);
    torch::Tensor positions_BT = torch::arange(tokens_BT.size(1)).unsqueeze(0);
    torch::Tensor hidden = hidden_states(decoder, {tokens_BT, positions_BT, torch::zeros_like(tokens_BT)});
    torch::Tensor logits = logits_of(decoder, hidden[0]).to(torch::kFloat32).contiguous();
    bytes.append(static_cast<const char*>(logits.data_ptr()), logits.nbytes());
  }
  or_throw(write_file_atomic(path, bytes));
}

Json dump_greedy(const Decoder& decoder, const std::vector<SampleRequest>& prompts) {
  Json all = Json::array();
  // Few slots, so that slots are used again; an end token that no model says.
  for (const Sample& one : sample(decoder, prompts, -1, {.tokens_max = 64, .slots = 2}))
    all.push(ids_json(one.tokens));
  return all;
}

void dump_gradients(Decoder& decoder, const std::vector<TokenSequence>& data, const Path& path) {
  for (auto& [name, weight] : named_weights(decoder)) weight->requires_grad_(true);
  TrainBatch batch = make_batch(data, pack_rows(data, kRowTokens), kRowTokens, torch::kCPU);
  (response_loss_sum(decoder, batch) / static_cast<double>(batch.response_tokens)).backward();
  NamedTensorList gradients;
  for (const StoredTensor& stored : stored_tensors(decoder)) {
    std::vector<torch::Tensor> parts;
    for (const auto& [name, weight] : stored.parts) parts.push_back(weight->grad());
    gradients.emplace_back(stored.name, torch::cat(parts));
  }
  or_throw(write_safetensors(path, gradients));
  for (auto& [name, weight] : named_weights(decoder)) {
    weight->mutable_grad() = torch::Tensor();
    weight->requires_grad_(false);
  }
}

Json rows_json(std::span<const TokenSequence> data, const std::vector<PackedRow>& rows) {
  Json out = Json::array();
  for (const PackedRow& row : rows) {
    Json documents = Json::array();
    for (size_t index : row)
      documents.push(Json::object()
                         .set("tokens", ids_json(data[index].tokens))
                         .set("response_begin", static_cast<int64_t>(data[index].response_begin)));
    out.push(std::move(documents));
  }
  return out;
}

// As training_dump writes it.
Json dump_training(Decoder& decoder, const std::vector<TokenSequence>& data, int64_t steps) {
  TrainOptions options = kOptions;
  options.steps = steps;
  StepPlan plan(data, options);
  Json rows = Json::array(), losses = Json::array(), out = Json::object();
  for (int64_t step = 0; step < plan.steps(); ++step) rows.push(rows_json(data, plan.rows_of(step)));
  for (double loss : or_throw(train(decoder, data, options, "")).losses) losses.push(loss);
  out.set("learning_rate", options.learning_rate).set("weight_decay", options.weight_decay);
  out.set("clip_norm", options.clip_norm).set("warmup_share", options.warmup_share);
  out.set("betas", Json::array().push(options.beta1).push(options.beta2)).set("epsilon", options.epsilon);
  return out.set("steps", std::move(rows)).set("losses", std::move(losses));
}

void run(const Path& folder, const Path& in, const Path& out) {
  set_matmul_mode(MatmulMode::Exact);  // as torch multiplies on the other side
  torch::set_num_threads(1);
  Json input = or_throw(read_json_file(in.string()));
  std::vector<SampleRequest> prompts;
  for (const Json& prompt : input.at_path("prompts").items()) prompts.push_back({ids_of(prompt), 0});
  std::vector<TokenSequence> data;
  for (const Json& document : input.at_path("documents").items())
    data.push_back({ids_of(document), static_cast<int32_t>(document.size() / 3)});

  ModelFolder model = or_throw(load_model_folder(folder));
  dump_logits(model.decoder, prompts, out / "logits.f32");
  dump_logits(or_throw(load_model_folder(folder, torch::kBFloat16)).decoder, prompts,
              out / "logits_bf16.f32");
  Json json = Json::object().set("vocabulary", model.decoder.config.vocabulary);
  json.set("greedy", dump_greedy(model.decoder, prompts));
  dump_gradients(model.decoder, data, out / "gradients.safetensors");
  Json kept = model.config;
  kept.set("dtype", "float32").set("torch_dtype", "float32");
  or_throw(save_model_folder(out / "saved", model.decoder, kept, torch::kFloat32));
  // The config that we would make of it ourselves; some families' default padding lies outside so small a
  // vocabulary.
  Json ids = Json::object().set("bos_token_id", 1).set("eos_token_id", 2).set("pad_token_id", 0);
  or_throw(save_model_folder(out / "sharded", model.decoder, ids, torch::kFloat32, 60'000));
  json.set("training", dump_training(model.decoder, data, input.at_path("steps").integer_or(1)));
  or_throw(write_file_atomic(out / "out.json", json.dump()));
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: family_dump FOLDER IN.json OUT_FOLDER\n");
    return 2;
  }
  try {
    retort::run(argv[1], argv[2], argv[3]);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "family_dump: %s\n", error.what());
    return 1;
  }
}
