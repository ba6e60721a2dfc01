#include "store/export_table.h"

#include "store/store_fixture.h"

namespace retort {
namespace {

std::vector<Json> rows_of(const Path& folder, std::string_view table) {
  std::vector<Json> rows;
  const int64_t count = or_throw(export_table(folder, table, [&](const Json& row) { rows.push_back(row); }));
  CHECK(count == static_cast<int64_t>(rows.size()));
  return rows;
}

void make_run(const Path& folder, int count) {
  auto store = open_to_write(folder);
  for (int i = 0; i < count; i += 500) {
    std::vector<CallEvent> events;
    for (int k = i; k < std::min(count, i + 500); ++k)
      for (const CallEvent& event : std::vector<CallEvent>{planned(k), CallSent{key_of(k)}, done(k)})
        events.push_back(event);
    commit(*store, events);
  }
  store->begin_stage("s");
  store->transaction([&] {
    std::vector<Instruction> all;
    for (int i = 0; i < count; ++i) all.push_back({.text = format("instruction {}", i)});
    store->add_instructions("s", all);
    std::vector<Verdict> verdicts;
    for (const Instruction& one : all)
      for (Order order : {Order::TeacherFirst, Order::StudentFirst})
        verdicts.push_back({.instruction_id = one.id, .order = order, .reason = "none"});
    store->add_verdicts("s", verdicts);
    store->add_teacher_answers("s", std::vector<StoredAnswer>{{all[4].id, {.text = "four"}}});
    store->set_metric("s", "x", 0.5);
  });
}

}  // namespace

TEST_CASE("every table of a store is exported whole, over the bounds of pages, in order") {
  TemporaryFolder folder;
  make_run(folder.path(), 2'003);
  CHECK(rows_of(folder.path(), "calls").size() == 2'003);
  CHECK(rows_of(folder.path(), "instructions").size() == 2'003);
  CHECK(rows_of(folder.path(), "verdicts").size() == 4'006);
  CHECK(rows_of(folder.path(), "metrics").size() == 1);
  CHECK(rows_of(folder.path(), "call_totals").size() == 1);
  CHECK(rows_of(folder.path(), "drops").empty());
  CHECK(rows_of(folder.path(), "batches").empty());
  const std::vector<Json> replies = rows_of(folder.path(), "replies");
  for (size_t i = 0; i < replies.size(); ++i)
    REQUIRE(replies[i].at_path("body").string_or("") == format("reply {}", i));
  CHECK(rows_of(folder.path(), "calls")[7].at_path("key").string_or("") == key_of(7));
}

TEST_CASE("the data set has what the teacher answered, with its instruction") {
  TemporaryFolder folder;
  make_run(folder.path(), 10);
  const std::vector<Json> rows = rows_of(folder.path(), "dataset");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].dump() ==
        R"({"id":5,"instruction":"instruction 4","output":"four","kind":"","kind_source":"unknown",)"
        R"("kind_confidence":null,"origin":"seed","round":0,"finish":"stop"})");
}

TEST_CASE("what cannot be exported is said in one line") {
  TemporaryFolder folder;
  const auto code = [&](std::string_view table) {
    return export_table(folder.path(), table, [](const Json&) {}).error().code;
  };
  CHECK(code("calls") == ErrorCode::NotFound);
  CHECK(code("sqlite_schema; DROP TABLE calls") == ErrorCode::InvalidArgument);
}

}  // namespace retort
