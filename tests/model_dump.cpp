// What our program makes of a model on disk, for tests/gguf_parity.py to compare with llama.cpp and
// `transformers`:
//   model_dump MODEL ASKED.json OUT.json
// MODEL is a folder or a GGUF file. ASKED.json: "texts" to encode; "logits" and "greedy", token ids to give
// logits (OUT.json.f32, (T, V) each) and so many ("tokens_max") greedy tokens for, up to "end"; "scored",
// objects of "tokens" and "response_begin", for one mean loss; "precision" "int8": that loss as a student
// that answers in int8 has it.
#include <cstdio>

#include "generate/sampler.h"
#include "nn/matmul_mode.h"
#include "student/opened_model.h"
#include "train/trainer.h"

namespace retort {
namespace {

std::vector<int32_t> ids_of(const Json& array) {
  std::vector<int32_t> ids;
  for (const Json& id : array.items()) ids.push_back(static_cast<int32_t>(id.integer_or(0)));
  return ids;
}
Json json_of(std::span<const int32_t> ids) {
  Json array = Json::array();
  for (int32_t id : ids) array.push(id);
  return array;
}

void write_logits(const Decoder& decoder, const Json& asked, const std::string& path) {
  torch::NoGradGuard no_grad;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  for (const Json& one : asked.items()) {
    torch::Tensor tokens_BT = torch::tensor(ids_of(one)).to(torch::kInt64).unsqueeze(0);
    PackedBatch batch{tokens_BT, torch::arange(tokens_BT.size(1)).unsqueeze(0), torch::zeros_like(tokens_BT)};
    torch::Tensor logits_TV = logits_of(decoder, hidden_states(decoder, batch)[0]).contiguous();
    std::fwrite(logits_TV.data_ptr<float>(), sizeof(float), static_cast<size_t>(logits_TV.numel()), file);
  }
  std::fclose(file);
}

Json greedy(const Decoder& decoder, const Json& asked) {
  std::vector<SampleRequest> requests;
  for (const Json& one : asked.at_path("greedy").items()) requests.push_back({ids_of(one), requests.size()});
  SamplingOptions options{.tokens_max = asked.at_path("tokens_max").integer_or(64), .slots = 16};
  auto end = static_cast<int32_t>(asked.at_path("end").integer_or(-1));
  Json out = Json::array();
  for (const Sample& sample : sample(decoder, requests, end, options)) out.push(json_of(sample.tokens));
  return out;
}

Json loss_of(const Decoder& decoder, const Json& asked) {
  std::vector<TokenSequence> data;
  size_t longest = 0;
  for (const Json& one : asked.items()) {
    data.push_back(
        {ids_of(one.at_path("tokens")), static_cast<int32_t>(one.at_path("response_begin").integer_or(0))});
    longest = std::max(longest, data.back().tokens.size());
  }
  if (data.empty()) return {};
  return mean_loss(decoder, data, static_cast<int64_t>(longest));
}

// The same by what samples, which alone there is in int8.
Json sampled_loss_of(const Decoder& decoder, const Json& asked) {
  torch::NoGradGuard no_grad;
  double sum = 0;
  int64_t count = 0;
  const std::vector<int64_t> zero = {0};
  for (const Json& one : asked.items()) {
    const torch::Tensor tokens = torch::tensor(ids_of(one.at_path("tokens"))).to(torch::kInt64);
    const std::vector<int64_t> length = {tokens.size(0)};
    const int64_t begin = one.at_path("response_begin").integer_or(0), responses = length[0] - begin;
    KvCache cache = make_kv_cache(decoder.config, 1, length[0], decoder.embedding_VD.scalar_type());
    const torch::Tensor hidden = hidden_states_cached(decoder, cache, tokens, {zero, zero, length});
    const torch::Tensor logits =
        logits_of(decoder, hidden.narrow(0, begin - 1, responses)).to(torch::kFloat32);
    sum += torch::nll_loss(logits.log_softmax(-1), tokens.narrow(0, begin, responses), {}, at::Reduction::Sum)
               .item<double>();
    count += responses;
  }
  return sum / static_cast<double>(count);
}

int dump(const Path& from, const std::string& asked_path, const std::string& out_path) {
  torch::set_num_threads(1);
  set_matmul_mode(MatmulMode::Fp32, torch::kCPU);
  OpenedModel model = or_throw(open_model(from));
  const Json asked = or_throw(read_json_file(asked_path));
  Json out = Json::object().set("config", model.files.config);
  if (asked.at_path("texts").size() > 0) {
    const auto tokenizer = or_throw(Tokenizer::parse(model.tokenizer_json));
    Json texts = Json::array();
    for (const Json& text : asked.at_path("texts").items())
      texts.push(json_of(tokenizer->encode(text.string_or(""))));
    out.set("texts", std::move(texts));
  }
  if (asked.at_path("logits").size() > 0)
    write_logits(model.decoder, asked.at_path("logits"), out_path + ".f32");
  if (asked.at_path("greedy").size() > 0) out.set("greedy", greedy(model.decoder, asked));
  const bool int8 = asked.at_path("precision").string_or("") == "int8";
  if (asked.at_path("scored").size() > 0)
    out.set("loss", int8 ? sampled_loss_of(int8_for_decoding(model.decoder), asked.at_path("scored"))
                         : loss_of(model.decoder, asked.at_path("scored")));
  or_throw(write_file_atomic(out_path, out.dump()));
  return 0;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    return retort::dump(argv[1], argv[2], argv[3]);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
