#include "store/schema.h"
#include "store/store_fixture.h"

namespace retort {

TEST_CASE("a call goes from planned to sent to done, and its bodies and counts are kept") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  CHECK_FALSE(store->call(key_of(1)));
  commit(*store, {planned(1)});
  CHECK(store->call(key_of(1))->state == CallState::Planned);
  commit(*store, {CallSent{key_of(1)}});
  CHECK(store->call(key_of(1))->state == CallState::Sent);
  commit(*store, {done(1)});
  CallRecord call = *store->call(key_of(1));
  CHECK(call.state == CallState::Done);
  CHECK(call.key == key_of(1));
  CHECK(call.endpoint == "teacher");
  CHECK(call.request == "request 1");
  CHECK(call.reply == "reply 1");
  CHECK(call.http_status == 200);
  CHECK(call.attempts == 1);
  CHECK(call.unknown_outcomes == 0);
  CHECK(call.tokens_in == 10);
  CHECK(call.tokens_out == 5);
  CHECK_FALSE(call.error_code);
}

TEST_CASE("bodies of every size and content come back as they were") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  std::vector<std::string> bodies = {"", std::string("\0\xFF\n", 3), std::string(100, 'x'),
                                     std::string(5'000'000, 'y')};
  for (size_t i = 0; i < bodies.size(); ++i) {
    int index = static_cast<int>(i);
    CallPlanned plan = planned(index);
    plan.request = bodies[i];
    CallDone reply = done(index);
    reply.reply = bodies[i];
    commit(*store, {plan, CallSent{key_of(index)}, reply});
    CHECK(store->call(key_of(index))->request == bodies[i]);
    CHECK(store->call(key_of(index))->reply == bodies[i]);
  }
}

TEST_CASE("planning a done call again changes nothing") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  commit_whole(*store, 1);
  commit(*store, {planned(1)});
  CHECK(store->call(key_of(1))->state == CallState::Done);
  CHECK(store->call(key_of(1))->reply == "reply 1");
  CHECK(store->call_totals()["teacher"].planned == 0);
}

TEST_CASE("a done call is final: any event but planning it again is a bug") {
  TemporaryFolder folder;
  for (int which = 0; which < 3; ++which) {
    pid_t child = start_child([&] {
      ::fclose(stderr);
      auto store = open_to_write(folder.path());
      if (!store->call(key_of(1))) commit_whole(*store, 1);
      std::vector<CallEvent> events = {CallSent{key_of(1)}, done(1), CallFailed{key_of(1)}};
      commit(*store, {events[static_cast<size_t>(which)]});
      return 0;
    });
    CHECK(wait_for(child) == -SIGABRT);
  }
  auto store = open_to_write(folder.path());
  CHECK(store->call(key_of(1))->reply == "reply 1");
  CHECK(store->call_totals()["teacher"].done == 1);
}

TEST_CASE("a reply to a call that was not sent, and an event of an unknown call, are bugs") {
  TemporaryFolder folder;
  for (int which = 0; which < 3; ++which) {
    pid_t child = start_child([&] {
      ::fclose(stderr);
      auto store = open_to_write(folder.path());
      if (which == 0) commit(*store, {planned(1), done(1)});
      if (which == 1) commit(*store, {CallSent{key_of(2)}});
      if (which == 2) store->transaction([&] { commit(*store, {planned(3)}); });
      return 0;
    });
    CHECK(wait_for(child) == -SIGABRT);
  }
  CHECK(open_to_write(folder.path())->call_totals().empty());
}

TEST_CASE("a failed call keeps its reason and may be planned and sent again") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  commit(*store, {planned(1), CallSent{key_of(1)},
                  CallFailed{.key = key_of(1), .code = ErrorCode::Timeout, .message = "no reply in 600 s"}});
  CHECK(store->call(key_of(1))->error_code == ErrorCode::Timeout);
  CHECK(store->call(key_of(1))->error == "no reply in 600 s");
  CHECK(store->call_totals()["teacher"].failed == 1);
  commit(*store, {planned(1), CallSent{key_of(1)}, done(1)});
  CHECK(store->call(key_of(1))->attempts == 2);
  CHECK_FALSE(store->call(key_of(1))->error_code);
  CHECK(store->call(key_of(1))->error.empty());
  CHECK(store->call_totals()["teacher"].failed == 0);
  CHECK(store->call_totals()["teacher"].done == 1);
}

TEST_CASE("a call that is sent again without a word in between has one more unknown outcome") {
  TemporaryFolder folder;
  {
    auto store = open_to_write(folder.path());
    commit(*store, {planned(1), CallSent{key_of(1)}});
    commit(*store, {CallSent{key_of(1)}});
    CHECK(store->call(key_of(1))->attempts == 2);
    CHECK(store->call(key_of(1))->unknown_outcomes == 1);
  }
  auto store = open_to_write(folder.path());
  CHECK(store->call(key_of(1))->unknown_outcomes == 1);
  CHECK(store->call_totals()["teacher"].sent == 1);
  commit(*store, {planned(1), CallSent{key_of(1)}});
  CHECK(store->call(key_of(1))->attempts == 3);
  CHECK(store->call(key_of(1))->unknown_outcomes == 2);
  CHECK(store->call_totals()["teacher"].unknown == 2);
  commit(*store, {done(1)});
  CHECK(store->call(key_of(1))->unknown_outcomes == 2);
}

TEST_CASE("money is reserved while a call is on its way, then spent, freed, or of unknown outcome") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  commit(*store, {planned(1), planned(2), planned(3)});
  commit(*store, {CallSent{key_of(1), 700}, CallSent{key_of(2), 500}, CallSent{key_of(3), 300}});
  CHECK(store->call_totals()["teacher"].reserved == 1'500);
  CallDone reply = done(1);
  reply.cost = 90;
  reply.tokens_cached = 4;
  CallFailed refused{.key = key_of(2)}, lost{.key = key_of(3), .charge = CallFailed::Charge::Unknown};
  commit(*store, {reply, refused, lost});
  CallTotals totals = store->call_totals()["teacher"];
  CHECK(totals.reserved == 0);
  CHECK(totals.cost == 90);
  CHECK(totals.tokens_cached == 4);
  CHECK(totals.unknown_cost == 300);
  CHECK(totals.unknown == 1);
  // The same again after a wait that brought nothing.
  commit(*store, {CallSent{key_of(2), 500}});
  commit(*store, {CallSent{key_of(2), 400}});
  CHECK(store->call_totals()["teacher"].unknown_cost == 800);
  CHECK(store->call_totals()["teacher"].reserved == 400);
  CHECK(store->call(key_of(2))->unknown_cost == 500);
  CHECK(store->full_check().empty());
}

// Three calls and instructions with an answer each, as the first version wrote them.
void write_first_schema(const Path& folder) {
  {
    auto store = open_to_write(folder);
    for (int i = 0; i < 3; ++i) commit_whole(*store, i);
    store->begin_stage("s");
    std::vector<Instruction> instructions = texts({"one", "two", "three"});
    store->add_instructions("s", instructions);
    for (const Instruction& instruction : instructions) {
      std::vector<StoredAnswer> answer = {{instruction.id, {.text = "answer to " + instruction.text}}};
      store->add_answers("s", answer);
      store->add_teacher_answers("s", answer);
    }
  }
  {
    // Without the columns that came later, with the sums of that time.
    Database database(folder / std::string(kStoreFile), Database::Access::Write);
    for (const char* column : {"tokens_cached", "reserved", "cost", "unknown_cost"})
      for (const char* table : {"calls", "call_totals"})
        database.execute(format("ALTER TABLE {} DROP COLUMN {}", table, column), "go back");
    database.execute(
        "UPDATE calls SET sum = row_sum(id, key, endpoint, role, sample_index, state, attempts, "
        "unknown_outcomes, sent_by, http_status, tokens_in, tokens_out, latency_ms, error_code, error, "
        "changed_ms);"
        "UPDATE call_totals SET sum = row_sum(role, planned, sent, done, failed, unknown, tokens_in, "
        "tokens_out); DROP TABLE batches; ALTER TABLE answers DROP COLUMN reasoning; ALTER TABLE "
        "teacher_answers DROP COLUMN reasoning; ALTER TABLE instructions DROP COLUMN kind_source; "
        "ALTER TABLE instructions DROP COLUMN kind_confidence; "
        "UPDATE instructions SET sum = row_sum(id, stage_id, text, kind, origin, round, parent_id, call_id); "
        "UPDATE answers SET sum = row_sum(stage_id, instruction_id, text, finish, tokens_in, tokens_out, "
        "call_id, text_sum); UPDATE teacher_answers SET sum = row_sum(stage_id, instruction_id, text, "
        "finish, "
        "tokens_in, tokens_out, call_id, text_sum); PRAGMA user_version = 1;",
        "go back");
  }
}

TEST_CASE("a store of the first schema is brought up to date, and its rows stay intact") {
  TemporaryFolder folder;
  write_first_schema(folder.path());
  CHECK_FALSE(RunStore::open(folder.path(), StoreMode::Read));
  auto store = open_to_write(folder.path());
  CHECK(store->full_check().empty());
  CHECK(store->call(key_of(2))->reply == "reply 2");
  CHECK(store->call_totals()["teacher"].done == 3);
  CHECK(store->call_totals()["teacher"].cost == 0);
  store->for_each_instruction("s", [](const Instruction& instruction) {
    CHECK(instruction.kind_source == KindSource::Unknown);
    CHECK(!instruction.kind_confidence.has_value());
  });
  CHECK(store->answers("s", std::vector<int64_t>{1, 2, 3}).at(3).text == "answer to three");
  CHECK(store->teacher_answers(std::vector<int64_t>{1, 2, 3}).size() == 3);
}

TEST_CASE("bringing a store up to date does not make a damaged row whole") {
  for (const char* damage :
       {"UPDATE calls SET tokens_in = 0 WHERE id = 2", "UPDATE call_totals SET tokens_in = 0",
        "UPDATE answers SET text = 'forged' WHERE instruction_id = 2",
        "UPDATE teacher_answers SET text = 'forged' WHERE instruction_id = 2",
        "UPDATE instructions SET round = 9 WHERE id = 2"}) {
    TemporaryFolder folder;
    write_first_schema(folder.path());
    Database(folder.path() / std::string(kStoreFile), Database::Access::Write).execute(damage, "tamper with");
    INFO(damage);
    const std::vector<std::string> found = open_to_write(folder.path())->full_check();
    REQUIRE(!found.empty());
    CHECK(found[0].ends_with("1 rows do not match their sums"));
  }
}

TEST_CASE("totals count calls by role and state") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  for (int i = 0; i < 5; ++i) commit_whole(*store, i);
  CallPlanned referee = planned(10);
  referee.role = "referee";
  commit(*store, {referee, planned(11), CallSent{key_of(11)}});
  auto totals = store->call_totals();
  CHECK(totals["teacher"].done == 5);
  CHECK(totals["teacher"].sent == 1);
  CHECK(totals["teacher"].tokens_in == 50);
  CHECK(totals["teacher"].tokens_out == 25);
  CHECK(totals["referee"].planned == 1);
  CHECK(store->full_check().empty());
}

TEST_CASE("the calls of a state are visited in the order they were planned, and may be changed meanwhile") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  std::vector<CallEvent> events;
  for (int i = 0; i < 200; ++i) events.push_back(planned(i));
  store->commit_calls(events);
  int seen = 0;
  store->for_each_call(CallState::Planned, [&](const CallRecord& call) {
    CHECK(call.request == format("request {}", seen++));
    commit(*store, {CallSent{call.key}});
  });
  CHECK(seen == 200);
  int planned_left = 0, sent = 0;
  store->for_each_call(CallState::Planned, [&](const CallRecord&) { ++planned_left; });
  store->for_each_call(CallState::Sent, [&](const CallRecord&) { ++sent; });
  CHECK(planned_left == 0);
  CHECK(sent == 200);
}

TEST_CASE("a batch of calls is one transaction: an impossible event leaves nothing of it") {
  TemporaryFolder folder;
  pid_t child = start_child([&] {
    ::fclose(stderr);
    auto store = open_to_write(folder.path());
    commit(*store, {planned(1), planned(2), CallSent{key_of(7)}});
    return 0;
  });
  CHECK(wait_for(child) == -SIGABRT);
  CHECK_FALSE(open_to_write(folder.path())->call(key_of(1)));
}

}  // namespace retort
