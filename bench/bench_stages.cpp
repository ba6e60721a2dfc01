// What the stages of a run hold in memory for each row, at its peak: a store of so many judged instructions,
// and each verb that goes over all of them in a process of its own. The student keeps nothing of what it is
// shown. usage: bench_stages [ROWS]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "in_child.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/fake_student.h"
#include "roles/scripted_chat.h"

namespace retort::bench {
namespace {

constexpr int64_t kGroup = 4'096;
const std::string kKey(64, 'a');

std::string words(uint64_t seed, int64_t index, size_t bytes) {
  Random random(seed, "words", static_cast<uint64_t>(index));
  std::string text;
  while (text.size() < bytes) text += format("w{} ", random.below(30'000));
  return text;
}

// Rows [begin, end) of the pool: an instruction of 100 bytes, two answers of 900, a verdict in both orders.
void build_group(RunStore& store, int64_t begin, int64_t end) {
  std::vector<Instruction> instructions;
  for (int64_t i = begin; i < end; ++i)
    instructions.push_back({.text = words(1, i, 100), .kind = format("translation of kind/{}", i % 100)});
  store.add_instructions("seeds", instructions);
  std::vector<StoredAnswer> taught, tried;
  std::vector<Verdict> verdicts;
  for (const Instruction& instruction : instructions) {
    taught.push_back({instruction.id, {.text = words(2, instruction.id, 900), .call_key = kKey}});
    tried.push_back({instruction.id, {.text = words(3, instruction.id, 900)}});
    for (Order order : {Order::TeacherFirst, Order::StudentFirst})
      verdicts.push_back({instruction.id, order, 8.0, static_cast<double>(instruction.id % 10), "", kKey});
  }
  store.add_teacher_answers("teach_0", taught);
  store.add_answers("answer_1", tried);
  store.add_verdicts("judge_1", verdicts);
}

void build(const Path& folder, int64_t rows) {
  auto store = or_throw(RunStore::open(folder, StoreMode::Write));
  store->commit_calls(
      std::vector<CallEvent>{CallPlanned{.key = kKey, .endpoint = "teacher", .request = "{}"}});
  const std::vector<std::string> stages = {"seeds", "teach_0", "teach_cache_1", "answer_1", "judge_1"};
  for (const std::string& stage : stages) store->begin_stage(stage);
  for (int64_t begin = 0; begin < rows; begin += kGroup)
    store->transaction([&] { build_group(*store, begin, std::min(rows, begin + kGroup)); });
  for (const std::string& stage : stages)
    store->finish_stage(stage, {.in = rows, .ok = rows}, Json::object());
}

// Nobody is asked: everything has been answered and judged.
class NoDrafts : public DraftSource {
  std::vector<Result<std::vector<WrittenDraft>>> write(std::span<const DraftOrder>) override { return {}; }
};

int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1'024;
}

// The bytes a row by which `verb` raises the peak of a process that has opened the store and read the ids.
void measure(const std::string& name, const Path& folder, int64_t rows,
             const std::function<void(Arm&, const Ids&)>& verb) {
  in_child([&] {
    RunFile file;
    file.recipe.judge_sample = 0;
    auto store = or_throw(RunStore::open(folder, StoreMode::Write));
    ScriptedChat chat([](const ChatRequest&, size_t) { return plain_reply(""); });
    Referee referee(chat, or_throw(Prompt::named("referee")), {}, 1);
    FakeStudent nobody;
    NoDrafts drafts;
    Workshop shop{.file = file,
                  .store = *store,
                  .folder = folder,
                  .teacher = nobody,
                  .referee = referee,
                  .drafts = drafts,
                  .open_student = [](const Path& from) { return FakeStudent::open_fake(from, {}, {}); }};
    Arm arm(shop, "");
    const Ids ids = store->instruction_ids("seeds");
    // What the database's own cache and a chunk of rows take is there whatever the size of the pool.
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      store->instructions(chunk);
      store->teacher_answers(chunk);
      store->answers("answer_1", chunk);
    });
    const int64_t before = peak_bytes();
    verb(arm, ids);
    std::printf("{\"name\": \"stage_%s_bytes\", \"figure\": %.4g, \"unit\": \"B/row\"}\n", name.c_str(),
                static_cast<double>(peak_bytes() - before) / static_cast<double>(rows));
    std::fflush(stdout);
  });
}

void run(int64_t rows) {
  const Path folder = std::filesystem::current_path() / "bench_stages.tmp";
  std::filesystem::remove_all(folder);
  in_child([&] { build(folder, rows); });
  measure("imitate", folder, rows, [](Arm& arm, const Ids& ids) { arm.imitate(0, ids); });
  measure("discriminate", folder, rows, [](Arm& arm, const Ids& ids) { arm.discriminate(1, ids); });
  measure("select_and_write", folder, rows, [](Arm& arm, const Ids& ids) {
    arm.write(1, arm.unjudged(ids), {.selection = {.rule = "balanced"}}, ids);
  });
  measure("unite_pools", folder, rows, [](Arm&, const Ids& ids) { united(ids, ids); });
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace retort::bench

int main(int count, char** arguments) {
  try {
    retort::bench::run(count > 1 ? std::strtoll(arguments[1], nullptr, 10) : 300'000);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "retort: %s\n", error.what());
    return retort::exit_code(error.code());
  }
}
