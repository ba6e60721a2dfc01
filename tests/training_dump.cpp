// Twenty steps of our training for tests/training_parity.py to repeat with `transformers`.
//   training_dump FOLDER OUT.json     FOLDER: where the first checkpoint goes, a student that has imitated a
//   little
// OUT.json: the settings, the packed rows of every step as token ids with the place where the response
// begins, and the loss of every step.
#include <cstdio>

#include "model/folder.h"
#include "nn/matmul_mode.h"
#include "practice/world.h"
#include "student/student.h"
#include "tokenizer/chat_template.h"
#include "train/step_plan.h"

namespace retort {
namespace {

// Lion's optimizer and schedule, at a rate that suits so small a student; what parity must see is switched
// on.
const TrainOptions kOptions{.optimizer = "adamw",
                            .learning_rate = 2e-3,
                            .weight_decay = 0.1,
                            .clip_norm = 0.5,
                            .warmup_share = 0.2,
                            .steps = 20,
                            .rows_per_step = 4,
                            .seed = 5};

void make_first_checkpoint(const Path& folder, const std::vector<practice::Item>& items) {
  auto student = or_throw(Student::make_fresh({}, practice_tokenizer_json(),
                                              {.device = "cpu", .precision = "fp32", .threads = 1}));
  std::vector<Example> examples;
  for (const practice::Item& item : items)
    examples.push_back({static_cast<int64_t>(examples.size()), item.text, item.answer});
  or_throw(student->imitate(examples, {.steps = 20}, ""));
  or_throw(student->save(folder, "fp32"));
}

Json rows_json(std::span<const TokenSequence> data, const std::vector<PackedRow>& rows) {
  Json out = Json::array();
  for (const PackedRow& row : rows) {
    Json documents = Json::array();
    for (size_t index : row) {
      Json tokens = Json::array();
      for (int32_t token : data[index].tokens) tokens.push(token);
      documents.push(Json::object()
                         .set("tokens", std::move(tokens))
                         .set("response_begin", static_cast<int64_t>(data[index].response_begin)));
    }
    out.push(std::move(documents));
  }
  return out;
}

void run(const Path& folder, const Path& out) {
  const std::vector<practice::Item> items = practice::seed_pool(400, practice::Skew::Uniform, 3);
  make_first_checkpoint(folder, items);
  ModelFolder model = or_throw(load_model_folder(folder));
  auto tokenizer = or_throw(Tokenizer::load(folder / "tokenizer.json"));
  const ChatTemplate chat = or_throw(ChatTemplate::named("practice", *tokenizer));
  std::vector<TokenSequence> data;
  for (const practice::Item& item : items) data.push_back(chat.example(item.text, item.answer));

  StepPlan plan(data, kOptions);
  Json steps = Json::array(), losses = Json::array();
  for (int64_t step = 0; step < plan.steps(); ++step) steps.push(rows_json(data, plan.rows_of(step)));
  set_matmul_mode(MatmulMode::Exact);  // as torch multiplies on the other side
  const TrainReport report = or_throw(train(model.decoder, data, kOptions, ""));
  for (double loss : report.losses) losses.push(loss);
  Json json = Json::object();
  json.set("learning_rate", kOptions.learning_rate).set("weight_decay", kOptions.weight_decay);
  json.set("clip_norm", kOptions.clip_norm).set("warmup_share", kOptions.warmup_share);
  json.set("betas", Json::array().push(kOptions.beta1).push(kOptions.beta2)).set("epsilon", kOptions.epsilon);
  json.set("steps", std::move(steps)).set("losses", std::move(losses));
  or_throw(write_file_atomic(out, json.dump()));
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: training_dump FOLDER OUT.json\n");
    return 2;
  }
  try {
    retort::run(argv[1], argv[2]);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "training_dump: %s\n", error.what());
    return 1;
  }
}
