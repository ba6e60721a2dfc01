// What our tokenizer and decoder make of given texts, for tests/parity.py to compare with `transformers`.
//   parity_dump TEXTS.json OUT.json tokenizer.json           token ids and decoded text only
//   parity_dump TEXTS.json OUT.json FOLDER TEMPLATE fp32     also logits (OUT.json.f32) and 64 greedy tokens
// TEXTS.json is {"texts": [...], "prompts": [...], "more": [...]}; `more` are prompts without logits. A
// FOLDER that does not exist is made first: a fresh student that has imitated the prompts for a few steps,
// saved in the precision given.
#include <cstdio>

#include "base/json.h"
#include "generate/sampler.h"
#include "model/folder.h"
#include "nn/matmul_mode.h"
#include "student/student.h"
#include "tokenizer/chat_template.h"

namespace retort {
namespace {

Json ids_json(std::span<const int32_t> ids) {
  Json array = Json::array();
  for (int32_t id : ids) array.push(id);
  return array;
}

std::vector<std::string> strings(const Json& array) {
  std::vector<std::string> out;
  for (const Json& item : array.items()) out.emplace_back(item.string_or(""));
  return out;
}

Json dump_texts(const Tokenizer& tokenizer, const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) {
    std::vector<int32_t> ids = tokenizer.encode(text);
    bool back = tokenizer.decode(ids) == text;
    array.push(Json::object().set("ids", ids_json(ids)).set("round_trip", back));
  }
  return array;
}

void make_student(const Path& folder, const std::vector<std::string>& prompts, const std::string& chat,
                  const std::string& precision) {
  StudentOptions options{.chat_template = chat, .device = "cpu", .threads = 1, .seed = 11};
  auto student = or_throw(Student::make_fresh({}, practice_tokenizer_json(), options));
  std::vector<Example> examples;
  for (size_t i = 0; i < prompts.size(); ++i)
    examples.push_back({static_cast<int64_t>(i), prompts[i], prompts[(i + 1) % prompts.size()]});
  or_throw(student->imitate(examples, {.steps = 30, .rows_per_step = 4}, folder / "checkpoint"));
  or_throw(student->save(folder, precision));
}

// Logits of every position of the prompt, (T, V).
torch::Tensor prompt_logits(const Decoder& decoder, const std::vector<int32_t>& ids) {
  torch::NoGradGuard no_grad;
  torch::Tensor tokens_BT = torch::tensor(ids).to(torch::kInt64).unsqueeze(0);
  PackedBatch batch{tokens_BT, torch::arange(tokens_BT.size(1)).unsqueeze(0), torch::zeros_like(tokens_BT)};
  return logits_of(decoder, hidden_states(decoder, batch)[0]).contiguous();
}

Json dump_prompts(const Decoder& decoder, const ChatTemplate& chat, const std::vector<std::string>& prompts,
                  const std::vector<std::string>& more, const Path& logits_file) {
  std::vector<SampleRequest> requests;
  std::string bytes;
  for (const std::string& prompt : prompts) {
    requests.push_back({chat.prompt(prompt), 0});
    torch::Tensor logits_TV = prompt_logits(decoder, requests.back().prompt);
    bytes.append(static_cast<const char*>(logits_TV.data_ptr()), logits_TV.nbytes());
  }
  or_throw(write_file_atomic(logits_file, bytes));
  for (const std::string& prompt : more) requests.push_back({chat.prompt(prompt), 0});
  std::vector<Sample> samples = sample(decoder, requests, chat.end_token(), {.tokens_max = 64});
  Json array = Json::array();
  for (size_t i = 0; i < requests.size(); ++i)
    array.push(Json::object()
                   .set("ids", ids_json(requests[i].prompt))
                   .set("greedy", ids_json(samples[i].tokens))
                   .set("ended", samples[i].ended));
  return array;
}

void run(const std::vector<std::string>& args) {
  Json input = or_throw(read_json_file(args[0]));
  std::vector<std::string> texts = strings(input.at_path("texts")),
                           prompts = strings(input.at_path("prompts"));
  Path place = args[2];
  Json out = Json::object();
  if (args.size() == 3) {
    out.set("texts", dump_texts(*or_throw(Tokenizer::load(place)), texts));
  } else {
    if (!std::filesystem::exists(place)) make_student(place, prompts, args[3], args[4]);
    auto tokenizer = or_throw(Tokenizer::load(place / "tokenizer.json"));
    ChatTemplate chat = or_throw(ChatTemplate::named(args[3], *tokenizer));
    ModelFolder model = or_throw(load_model_folder(place));
    set_matmul_mode(MatmulMode::Exact);  // as torch multiplies on the other side
    out.set("texts", dump_texts(*tokenizer, texts));
    out.set("prompts",
            dump_prompts(model.decoder, chat, prompts, strings(input.at_path("more")), args[1] + ".f32"));
    out.set("vocabulary", Json(static_cast<long>(model.decoder.config.vocabulary)));
    out.set("end", chat.end_token());
  }
  or_throw(write_file_atomic(args[1], out.dump()));
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() != 3 && args.size() != 5) {
    std::fprintf(stderr,
                 "usage: parity_dump TEXTS.json OUT.json TOKENIZER.json | FOLDER TEMPLATE PRECISION\n");
    return 2;
  }
  try {
    retort::run(args);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "parity_dump: %s\n", error.what());
    return 1;
  }
}
