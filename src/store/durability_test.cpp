// Disasters: kill -9, a full disk, flipped bits.
#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "store/health.h"
#include "store/schema.h"
#include "store/store_fixture.h"

namespace retort {
namespace {

// Writes calls and instructions for ever, and tells the pipe each index whose commit has returned.
int write_for_ever(const Path& folder, int acknowledge) {
  auto store = open_to_write(folder);
  store->begin_stage("s");
  int first = 0;
  while (store->call(key_of(first)).value_or(CallRecord()).state == CallState::Done) ++first;
  for (int i = first;; ++i) {
    commit(*store, {planned(i), CallSent{key_of(i)}});
    commit(*store, {done(i)});
    std::vector<Instruction> one = texts({format("text {}", i)});
    one[0].call_key = key_of(i);
    store->add_instructions("s", one);
    if (::write(acknowledge, &i, sizeof i) != sizeof i) return 1;
  }
}

// A row in every table of a stage.
void fill_stage(RunStore& store) {
  store.begin_stage("s");
  for (int i = 0; i < 30; ++i) {
    std::vector<Instruction> one = texts({format("instruction {}", i)});
    one[0].call_key = key_of(i);
    store.add_instructions("s", one);
    std::vector<StoredAnswer> answer = {{one[0].id, {.text = format("answer {}", i)}}};
    store.add_answers("s", answer);
    store.add_teacher_answers("s", answer);
    store.add_verdicts("s", std::vector<Verdict>{{.instruction_id = one[0].id, .reason = "none"}});
    store.add_drops("s", std::vector<Drop>{{.reason = "long", .detail = format("drop {}", i)}});
  }
  store.set_metric("s", "x", 0.5);
  store.finish_stage("s", {.in = 60, .ok = 30, .dropped = 30}, {});
}

// A small run with a row in every table, closed.
void make_small_run(const Path& folder) {
  auto store = open_to_write(folder);
  for (int i = 0; i < 30; ++i) commit_whole(*store, i);
  commit(*store, {planned(90), planned(91), CallSent{key_of(91)}, CallFailed{.key = key_of(91)}});
  store->transaction([&] { fill_stage(*store); });
}

// Everything that a reader can read, as one text; throws what reading throws.
std::string everything(RunStore& store) {
  std::string all;
  for (CallState state : {CallState::Planned, CallState::Sent, CallState::Done, CallState::Failed})
    store.for_each_call(state, [&](const CallRecord& c) {
      all += format("{} {} {} {} {} {} {}\n", c.key, c.role, c.request, c.reply, c.tokens_in, c.attempts,
                    c.error);
    });
  for (const auto& [role, t] : store.call_totals()) all += format("{} {} {}\n", role, t.done, t.failed);
  for (const StageRecord& s : store.stages()) all += format("{} {} {}\n", s.name, s.counts.in, s.finished);
  std::vector<int64_t> ids = store.instruction_ids("s");
  for (const Instruction& i : store.instructions(ids)) all += format("{} {} {}\n", i.id, i.text, i.call_key);
  for (const auto& [id, a] : store.answers("s", ids)) all += format("{} {}\n", id, a.text);
  for (const auto& [id, a] : store.teacher_answers(ids)) all += format("{} {}\n", id, a.text);
  for (const Verdict& v : store.verdicts("s")) all += format("{} {}\n", v.instruction_id, v.reason);
  for (const Drop& d : store.drops("s")) all += format("{} {}\n", d.reason, d.detail);
  for (const auto& [name, value] : store.metrics("s")) all += format("{} {}\n", name, value);
  return all;
}

}  // namespace

TEST_CASE("twenty kills at random moments lose no acknowledged row and leave a sound file") {
  TemporaryFolder folder;
  Random random(1, "kills");
  int acknowledged = -1;
  for (int kill = 0; kill < 20; ++kill) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    pid_t child = start_child([&] { return write_for_ever(folder.path(), pipe[1]); });
    ::close(pipe[1]);
    // The first row of this child, then a random moment of its work.
    int last = -1;
    REQUIRE(::read(pipe[0], &last, sizeof last) == sizeof last);
    system_clock().sleep_ms(random.range(0, 25));
    ::kill(child, SIGKILL);
    CHECK(wait_for(child) == -SIGKILL);
    for (int index; ::read(pipe[0], &index, sizeof index) == sizeof index;) last = index;
    ::close(pipe[0]);
    acknowledged = std::max(acknowledged, last);

    auto store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
    for (int i = 0; i <= acknowledged; ++i) REQUIRE(store->call(key_of(i))->reply == format("reply {}", i));
    // Of the stage's rows only those of the last child are there: it began the stage anew.
    CHECK(store->instruction_count() >= 1);
    CHECK(store->call_totals()["teacher"].done >= acknowledged + 1);
    CHECK(store->full_check() == std::vector<std::string>());
  }
  MESSAGE("last acknowledged call of 20 kills: ", acknowledged);
}

TEST_CASE(
    "a full disk ends the run with advice, keeps what was acknowledged, and the run goes on afterwards") {
  TemporaryFolder folder;
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  pid_t child = start_child([&] {
    // No file may grow beyond this: to a program that writes it looks as a full disk does.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{.rlim_cur = 600'000, .rlim_max = 600'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto store = open_to_write(folder.path());
    try {
      for (int i = 0;; ++i) {
        commit_whole(*store, i);
        if (::write(pipe[1], &i, sizeof i) != sizeof i) return 1;
      }
    } catch (const RunError& error) {
      if (error.code() != ErrorCode::DiskFull) return 2;
      if (std::string_view(error.what()).find("free some") == std::string_view::npos) return 3;
    }
    // What the file holds is unknown now: this store writes no more, but still reads.
    try {
      store->begin_stage("s");
      return 4;
    } catch (const RunError& error) {
      if (std::string_view(error.what()).find("run the same command again") == std::string_view::npos)
        return 5;
    }
    return store->call(key_of(0)) ? 42 : 6;
  });
  ::close(pipe[1]);
  int acknowledged = -1;
  for (int index; ::read(pipe[0], &index, sizeof index) == sizeof index;) acknowledged = index;
  ::close(pipe[0]);
  CHECK(wait_for(child) == 42);
  CHECK(acknowledged > 10);
  auto store = open_to_write(folder.path());
  for (int i = 0; i <= acknowledged; ++i) REQUIRE(store->call(key_of(i))->reply == format("reply {}", i));
  CHECK(store->full_check().empty());
  commit(*store, {planned(acknowledged + 1)});
  commit_whole(*store, acknowledged + 2);
}

TEST_CASE("a file at SQLite's own size limit is a full disk too") {
  TemporaryFolder folder;
  Database database(folder.path() / kStoreFile, Database::Access::Write);
  prepare_schema(database);
  database.integer("PRAGMA max_page_count = 60");
  std::string text(100'000, 'x');
  try {
    database.transaction([&] {
      for (int i = 1; i < 10; ++i)
        database.run(insert_sql(kStages), i, text, 1, 1, std::nullopt, 1, 1, 1, 1, "null");
    });
    FAIL("the file grew");
  } catch (const RunError& error) {
    CHECK(error.code() == ErrorCode::DiskFull);
  }
}

TEST_CASE(
    "a flipped bit is found by the full check and by whoever reads it, or changes nothing that is read") {
  TemporaryFolder folder;
  make_small_run(folder.path());
  const Path file = folder.path() / kStoreFile;
  const std::string whole = or_throw(read_file(file));
  const std::string before = everything(*or_throw(RunStore::open(folder.path(), StoreMode::Read)));
  Random random(1, "flips");
  int found = 0, harmless = 0;
  for (int i = 0; i < 400; ++i) {
    std::string bytes = whole;
    size_t at = random.below(bytes.size());
    bytes[at] ^= static_cast<char>(1 << random.below(8));
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    CAPTURE(at);
    Result<std::unique_ptr<RunStore>> store = RunStore::open(folder.path(), StoreMode::Read);
    if (!store || !(*store)->full_check().empty()) {
      ++found;
      continue;
    }
    CHECK(everything(**store) == before);
    ++harmless;
  }
  MESSAGE(found, " of 400 flips found, ", harmless, " in bytes that nobody reads");
  CHECK(found > 50);
}

TEST_CASE("reading a damaged row fails instead of giving it") {
  TemporaryFolder folder;
  make_small_run(folder.path());
  {
    Database database(folder.path() / kStoreFile, Database::Access::Write);
    database.execute("UPDATE teacher_answers SET text = 'forged' WHERE instruction_id = 3", "tamper with");
  }
  auto store = open_to_write(folder.path());
  CHECK_THROWS_AS(store->teacher_answers(std::vector<int64_t>{3}), RunError);
  CHECK(store->teacher_answers(std::vector<int64_t>{2}).size() == 1);
  CHECK(store->full_check() == std::vector<std::string>{"teacher_answers: 1 rows do not match their sums"});
}

TEST_CASE("opening to write refuses a file whose pages are torn") {
  TemporaryFolder folder;
  make_small_run(folder.path());
  const Path file = folder.path() / kStoreFile;
  std::string bytes = or_throw(read_file(file));
  std::fill(bytes.begin() + 8 * 4096, bytes.begin() + 9 * 4096, 'x');
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  Result<std::unique_ptr<RunStore>> store = RunStore::open(folder.path(), StoreMode::Write);
  REQUIRE_FALSE(store);
  CHECK(store.error().code == ErrorCode::Malformed);
}

TEST_CASE("the check of a huge file looks at its newest rows") {
  TemporaryFolder folder;
  make_small_run(folder.path());
  Database database(folder.path() / kStoreFile, Database::Access::Write);
  set_log_level(LogLevel::Quiet);
  CHECK(quick_check(database, 0).empty());
  database.execute("UPDATE calls SET tokens_in = 0 WHERE id = 7", "tamper with");
  CHECK(quick_check(database, 0) == std::vector<std::string>{"calls: 1 rows do not match their sums"});
  set_log_level(LogLevel::Info);
}

}  // namespace retort
