// Our side of tests/adapter_parity.py.
//   adapter_dump BASE ADAPTER GIVEN.json OUT.json OUT_ADAPTER
// GIVEN.json: {"tokens": [...], "documents": [{"tokens": [...], "response_begin": n}, ...], "steps": n,
// "learning_rate": x}. OUT.json: logits of the tokens with the adapter, and with it merged; the losses of
// training the adapter on the documents, all in every step. OUT_ADAPTER: the trained adapter's folder.
#include <cstdio>

#include "base/json.h"
#include "model/adapter.h"
#include "model/folder.h"
#include "train/trainer.h"

namespace retort {
namespace {

std::vector<int32_t> tokens_of(const Json& json) {
  std::vector<int32_t> tokens;
  for (const Json& token : json.items()) tokens.push_back(static_cast<int32_t>(token.integer_or(0)));
  return tokens;
}

Json logits_json(const Decoder& decoder, const std::vector<int32_t>& tokens) {
  torch::NoGradGuard no_grad;
  torch::Tensor tokens_1T = torch::tensor(tokens).to(torch::kInt64).unsqueeze(0);
  PackedBatch batch{tokens_1T, torch::arange(tokens_1T.size(1)).unsqueeze(0), torch::zeros_like(tokens_1T)};
  torch::Tensor logits = logits_of(decoder, hidden_states(decoder, batch)).flatten().contiguous();
  Json out = Json::array();
  for (int64_t i = 0; i < logits.numel(); ++i) out.push(static_cast<double>(logits.data_ptr<float>()[i]));
  return out;
}

void run(const Path& base, const Path& adapter, const std::string& given_path, const Path& out,
         const Path& out_adapter) {
  const Json given = or_throw(read_json_file(given_path));
  Decoder decoder = or_throw(load_model_folder(base)).decoder;
  const AdapterOptions options = or_throw(load_adapter_folder(adapter, decoder));
  const std::vector<int32_t> tokens = tokens_of(given.at_path("tokens"));
  Json json = Json::object();
  json.set("logits", logits_json(decoder, tokens));

  Decoder merged = or_throw(load_model_folder(base)).decoder;
  or_throw(load_adapter_folder(adapter, merged));
  merge_adapters(merged);
  json.set("merged", logits_json(merged, tokens));

  std::vector<TokenSequence> data;
  for (const Json& document : given.at_path("documents").items())
    data.push_back({tokens_of(document.at_path("tokens")),
                    static_cast<int32_t>(document.at_path("response_begin").integer_or(0))});
  TrainOptions train_options;
  train_options.optimizer = "adamw", train_options.schedule = "constant", train_options.warmup_share = 0;
  train_options.learning_rate = given.at_path("learning_rate").number_or(0);
  train_options.steps = given.at_path("steps").integer_or(0);
  train_options.rows_per_step = 1, train_options.row_tokens = 512;
  const TrainReport report = or_throw(train(decoder, data, train_options, ""));
  Json losses = Json::array();
  for (double loss : report.losses) losses.push(loss);
  json.set("losses", std::move(losses)).set("trained", logits_json(decoder, tokens));
  or_throw(save_adapter_folder(out_adapter, decoder, options, base.string()));
  or_throw(write_file_atomic(out, json.dump()));
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: adapter_dump BASE ADAPTER GIVEN.json OUT.json OUT_ADAPTER\n");
    return 2;
  }
  try {
    retort::run(argv[1], argv[2], argv[3], argv[4], argv[5]);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "adapter_dump: %s\n", error.what());
    return 1;
  }
}
