// Opening: the lock, who may read and write, versions, and files that are no run store.
#include <fstream>

#include "store/lock.h"
#include "store/schema.h"
#include "store/store_fixture.h"

namespace retort {
namespace {

// Runs SQL on a run.db as another program would.
void tamper(const Path& folder, const std::string& sql) {
  Database database(folder / kStoreFile, Database::Access::Write);
  database.execute(sql, "tamper with");
}

Error refusal(const Path& folder, StoreMode mode) {
  Result<std::unique_ptr<RunStore>> store = RunStore::open(folder, mode);
  REQUIRE_FALSE(store);
  return store.error();
}

}  // namespace

TEST_CASE("a second process is refused by name while the first works, and let in afterwards") {
  TemporaryFolder folder;
  int to_child[2], to_parent[2];
  REQUIRE(::pipe(to_child) == 0);
  REQUIRE(::pipe(to_parent) == 0);
  char byte = 'x';
  pid_t child = start_child([&] {
    auto store = open_to_write(folder.path());
    bool told = ::write(to_parent[1], &byte, 1) == 1;
    return told && ::read(to_child[0], &byte, 1) == 1 ? 0 : 1;
  });
  REQUIRE(::read(to_parent[0], &byte, 1) == 1);
  CHECK(run_is_locked(folder.path()));
  Error error = refusal(folder.path(), StoreMode::Write);
  CHECK(error.code == ErrorCode::Locked);
  CHECK(error.message.find(format("process {} on host", child)) != std::string::npos);
  CHECK(error.message.find("boot ") != std::string::npos);
  CHECK(RunStore::open(folder.path(), StoreMode::Read));
  REQUIRE(::write(to_child[1], &byte, 1) == 1);
  CHECK(wait_for(child) == 0);
  CHECK_FALSE(run_is_locked(folder.path()));
  CHECK(RunStore::open(folder.path(), StoreMode::Write));
}

TEST_CASE("of eight processes that begin at once one works and seven are refused") {
  for (int time = 0; time < 20; ++time) {
    TemporaryFolder folder;
    int holds[2], may_go[2];
    REQUIRE((::pipe(holds) == 0 && ::pipe(may_go) == 0));
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i)
      children.push_back(start_child([&] {
        ::close(may_go[1]);
        auto store = open_to_write(folder.path());  // Locked: 75
        char byte = 1;
        [[maybe_unused]] ssize_t told = ::write(holds[1], &byte, 1);
        [[maybe_unused]] ssize_t asked = ::read(may_go[0], &byte, 1);  // until the parent lets go
        return 0;
      }));
    char byte = 0;
    REQUIRE(::read(holds[0], &byte, 1) == 1);
    int worked = 0, refused = 0;
    const auto count = [&](int status) {
      worked += WIFEXITED(status) && WEXITSTATUS(status) == 0;
      refused += WIFEXITED(status) && WEXITSTATUS(status) == exit_code(ErrorCode::Locked);
    };
    for (int i = 0; i < 7; ++i) {
      int status = 0;
      ::waitpid(-1, &status, 0);
      count(status);
    }
    CHECK(refused == 7);
    ::close(may_go[1]);
    int status = 0;
    ::waitpid(-1, &status, 0);
    count(status);
    CHECK(worked == 1);
    for (int fd : {holds[0], holds[1], may_go[0]}) ::close(fd);
  }
}

TEST_CASE("a run folder may have any name that the file system takes") {
  TemporaryFolder folder;
  for (const char* name : {"with space", "line\nbreak", "quote'\"", "été 蒸留", "%s?x=1#y", "-dash"}) {
    auto store = open_to_write(folder.path() / name);
    commit_whole(*store, 1);
    store.reset();
    CHECK(or_throw(RunStore::open(folder.path() / name, StoreMode::Read))->call(key_of(1)).has_value());
  }
}

TEST_CASE("the lock of a killed holder is free at once, whatever its file says") {
  TemporaryFolder folder;
  pid_t child = start_child([&] {
    auto store = open_to_write(folder.path());
    commit_whole(*store, 1);
    ::raise(SIGKILL);
    return 0;
  });
  CHECK(wait_for(child) == -SIGKILL);
  CHECK_FALSE(run_is_locked(folder.path()));
  // `status` after a crash: what was committed stands in the log only.
  CHECK(or_throw(RunStore::open(folder.path(), StoreMode::Read))->call(key_of(1)));
  CHECK(open_to_write(folder.path())->call(key_of(1)));
}

TEST_CASE("a reader sees what was committed while a writer works") {
  TemporaryFolder folder;
  auto writer = open_to_write(folder.path());
  commit_whole(*writer, 1);
  auto reader = or_throw(RunStore::open(folder.path(), StoreMode::Read));
  CHECK(reader->call_totals()["teacher"].done == 1);
  commit_whole(*writer, 2);
  CHECK(reader->call_totals()["teacher"].done == 2);
  writer->transaction([&] {
    writer->begin_stage("s");
    CHECK_FALSE(reader->stage("s"));
  });
  CHECK(reader->stage("s"));
}

TEST_CASE("a write through a store that was opened to read is a bug") {
  TemporaryFolder folder;
  open_to_write(folder.path());
  pid_t child = start_child([&] {
    ::fclose(stderr);
    or_throw(RunStore::open(folder.path(), StoreMode::Read))->begin_stage("s");
    return 0;
  });
  CHECK(wait_for(child) == -SIGABRT);
}

TEST_CASE("reading where there is no run says so") {
  TemporaryFolder folder;
  CHECK(refusal(folder.path(), StoreMode::Read).code == ErrorCode::NotFound);
  CHECK(refusal(folder.path() / "no", StoreMode::Read).code == ErrorCode::NotFound);
}

TEST_CASE("a file of a newer program, of another program, and no database at all are refused") {
  TemporaryFolder newer, other, text;
  open_to_write(newer.path());
  tamper(newer.path(), "PRAGMA user_version = 99");
  tamper(other.path(), "CREATE TABLE t(x)");
  std::ofstream(text.path() / "run.db") << std::string(5000, 'x');
  for (StoreMode mode : {StoreMode::Write, StoreMode::Read}) {
    CHECK(refusal(newer.path(), mode).code == ErrorCode::Mismatch);
    CHECK(refusal(newer.path(), mode).message.find("newer retort (schema 99") != std::string::npos);
    CHECK(refusal(other.path(), mode).code == ErrorCode::Mismatch);
    CHECK(refusal(text.path(), mode).code == ErrorCode::Malformed);
  }
}

TEST_CASE("opening and closing a finished run changes no byte of its file") {
  TemporaryFolder folder;
  {
    auto store = open_to_write(folder.path());
    commit_whole(*store, 1);
    store->begin_stage("s");
    store->finish_stage("s", {}, {});
  }
  std::string before = or_throw(read_file(folder.path() / kStoreFile));
  {
    auto store = open_to_write(folder.path());
    CHECK(store->begin_stage("s") == RunStore::Begin::AlreadyFinished);
  }
  CHECK(or_throw(read_file(folder.path() / kStoreFile)) == before);
}

TEST_CASE("network file systems are known by their type, local ones pass") {
  CHECK(network_file_system(0x6969) == "NFS");
  CHECK(network_file_system(static_cast<int32_t>(0xFF534D42)) == "SMB");
  CHECK_FALSE(network_file_system(0xEF53));
  TemporaryFolder folder;
  CHECK(require_local_file_system(folder.path()));
}

TEST_CASE("every row's lineage is one query away") {
  TemporaryFolder folder;
  {
    auto store = open_to_write(folder.path());
    for (int i = 1; i <= 2; ++i) commit_whole(*store, i);
    store->begin_stage("seeds");
    std::vector<Instruction> seed = texts({"seed"}), child = texts({"child"});
    store->add_instructions("seeds", seed);
    store->begin_stage("write_1");
    child[0].parent_id = seed[0].id;
    child[0].call_key = key_of(1);
    child[0].origin = Origin::Hard;
    store->add_instructions("write_1", child);
    store->add_teacher_answers("write_1",
                               std::vector<StoredAnswer>{{2, {.text = "t", .call_key = key_of(2)}}});
  }
  // The query of docs/formats/run_db.md, for instruction 2.
  Database database(folder.path() / kStoreFile, Database::Access::Read);
  Query row = database.query(
      "WITH RECURSIVE line(depth, id) AS (SELECT 0, 2 UNION ALL SELECT depth + 1, i.parent_id "
      "FROM line JOIN instructions i ON i.id = line.id WHERE i.parent_id IS NOT NULL) "
      "SELECT line.depth, i.id, s.name, i.origin, i.text, hex(w.key), t.text, hex(a.key) FROM line "
      "JOIN instructions i ON i.id = line.id JOIN stages s ON s.id = i.stage_id "
      "LEFT JOIN calls w ON w.id = i.call_id LEFT JOIN teacher_answers t ON t.instruction_id = i.id "
      "LEFT JOIN calls a ON a.id = t.call_id ORDER BY line.depth");
  REQUIRE(row.next());
  CHECK(row.text(2) == "write_1");
  CHECK(row.text(4) == "child");
  CHECK(row.text(5).size() == 64);
  CHECK(row.text(6) == "t");
  REQUIRE(row.next());
  CHECK(row.integer(1) == 1);
  CHECK(row.text(2) == "seeds");
  CHECK(row.text(5).empty());
  CHECK_FALSE(row.next());
}

}  // namespace retort
