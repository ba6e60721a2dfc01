// Stages, and the rows that belong to them.
#include <cmath>
#include <set>

#include "store/store_fixture.h"

namespace retort {

TEST_CASE("a finished stage never runs again, and what it noted stays") {
  TemporaryFolder folder;
  {
    auto store = open_to_write(folder.path());
    CHECK(store->begin_stage("seeds") == RunStore::Begin::Run);
    CHECK_FALSE(store->stage("seeds")->finished);
    store->finish_stage("seeds", {.in = 5, .ok = 3, .dropped = 1, .failed = 1},
                        Json::object().set("loss", 0.5));
  }
  auto store = open_to_write(folder.path());
  CHECK(store->begin_stage("seeds") == RunStore::Begin::AlreadyFinished);
  StageRecord stage = *store->stage("seeds");
  CHECK(stage.finished);
  CHECK(stage.counts.in == 5);
  CHECK(stage.counts.failed == 1);
  CHECK(stage.note.at_path("loss").number_or(0) == 0.5);
  CHECK(stage.finished_ms >= stage.started_ms);
  CHECK_FALSE(store->stage("other"));
}

TEST_CASE("stages are listed in the order they first began") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  for (const char* name : {"b", "a", "c", "b"}) store->begin_stage(name);
  std::string names;
  for (const StageRecord& stage : store->stages()) names += stage.name;
  CHECK(names == "bac");
}

TEST_CASE("counts that do not balance, rows of a stage that is not open and dangling rows are bugs") {
  TemporaryFolder folder;
  const std::vector<Instruction> one = texts({"a"});
  auto aborts = [&](auto body) {
    return wait_for(start_child([&] {
             ::fclose(stderr);
             auto store = open_to_write(folder.path());
             store->begin_stage("s");
             body(*store);
             return 0;
           })) == -SIGABRT;
  };
  CHECK(aborts([&](RunStore& s) { s.finish_stage("s", {.in = 2, .ok = 1}, {}); }));
  CHECK(aborts([&](RunStore& s) { s.finish_stage("never begun", {}, {}); }));
  CHECK(aborts([&](RunStore& s) { s.set_metric("never begun", "x", 1); }));
  CHECK(aborts([&](RunStore& s) { s.set_metric("s", "x", std::nan("")); }));
  CHECK(aborts([&](RunStore& s) { s.add_verdicts("s", std::vector<Verdict>{{.instruction_id = 7}}); }));
  CHECK(aborts([&](RunStore& s) { s.add_answers("s", std::vector<StoredAnswer>{{7, {.text = "x"}}}); }));
  CHECK(aborts([&](RunStore& s) {
    std::vector<Instruction> named = one;
    named[0].call_key = key_of(9);
    s.add_instructions("s", named);
  }));
  CHECK(aborts([&](RunStore& s) { s.instructions(std::vector<int64_t>{7}); }));
  CHECK_FALSE(aborts([&](RunStore&) {}));
}

TEST_CASE("every field of every row comes back") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  commit_whole(*store, 1);
  store->begin_stage("s");
  std::vector<Instruction> two = texts({"seed", std::string("new \0 \xFF text", 12)});
  store->add_instructions("s", std::span(two).first(1));
  two[1].kind = "sort/2";
  two[1].kind_source = KindSource::Classifier;
  two[1].kind_confidence = 0.75;
  two[1].origin = Origin::Hard;
  two[1].round = 3;
  two[1].parent_id = two[0].id;
  two[1].call_key = key_of(1);
  store->add_instructions("s", std::span(two).subspan(1));
  CHECK(two[0].id == 1);
  CHECK(two[1].id == 2);
  Instruction read = store->instructions(std::vector<int64_t>{2, 1}).front();
  CHECK(read.text == two[1].text);
  CHECK(read.kind == "sort/2");
  CHECK(read.kind_source == KindSource::Classifier);
  CHECK(read.kind_confidence == 0.75);
  CHECK(read.origin == Origin::Hard);
  CHECK(read.round == 3);
  CHECK(read.parent_id == 1);
  CHECK(read.call_key == key_of(1));

  std::vector<int64_t> ids = {1, 2, 3};
  store->add_answers("s", std::vector<StoredAnswer>{
                              {2, {.text = "a", .finish = Finish::Length, .tokens_in = 4, .tokens_out = 5}}});
  store->add_teacher_answers("s", std::vector<StoredAnswer>{{1, {.text = "t", .call_key = key_of(1)}}});
  auto answers = store->answers("s", ids);
  REQUIRE(answers.size() == 1);
  CHECK(answers[2].text == "a");
  CHECK(answers[2].finish == Finish::Length);
  CHECK(answers[2].tokens_in == 4);
  CHECK(answers[2].tokens_out == 5);
  CHECK(store->answered_ids("s") == std::vector<int64_t>{2});
  CHECK(store->teacher_answers(ids)[1].call_key == key_of(1));
  CHECK(store->answers("other", ids).empty());

  std::vector<Verdict> said = {
      {.instruction_id = 2, .order = Order::StudentFirst, .reason = "truncated", .call_key = key_of(1)},
      {.instruction_id = 2, .order = Order::TeacherFirst, .teacher_score = 8, .student_score = 3.5},
      {.instruction_id = 1, .order = Order::StudentFirst, .teacher_score = 7, .student_score = 7}};
  store->add_verdicts("s", said);
  std::vector<Verdict> verdicts = store->verdicts("s");
  REQUIRE(verdicts.size() == 3);
  CHECK(verdicts[0].instruction_id == 1);
  CHECK(verdicts[1].order == Order::TeacherFirst);
  CHECK(*verdicts[1].student_score == 3.5);
  CHECK_FALSE(verdicts[2].teacher_score);
  CHECK(verdicts[2].reason == "truncated");
  CHECK(verdicts[2].call_key == key_of(1));
  const std::vector<int64_t> some = {2, 7};
  verdicts = store->verdicts("s", some);
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].order == Order::TeacherFirst);
  CHECK(verdicts[1].reason == "truncated");
  CHECK(store->verdicts("other", some).empty());

  store->add_drops("s", std::vector<Drop>{{.reason = "near duplicate", .detail = "x"},
                                          {.instruction_id = 1, .reason = "timeout", .failed = true},
                                          {.reason = "near duplicate"}});
  std::vector<Drop> drops = store->drops("s");
  REQUIRE(drops.size() == 3);
  CHECK(drops[0].detail == "x");
  CHECK(drops[1].instruction_id == 1);
  CHECK(drops[1].failed);
  CHECK(drops[2].instruction_id == 0);
  CHECK(store->drop_counts("s") == std::map<std::string, int64_t>{{"near duplicate", 2}, {"timeout", 1}});

  store->set_metric("s", "exact", 0.5);
  store->set_metric("s", "exact", 0.25);
  CHECK(store->metrics("s") == std::map<std::string, double>{{"exact", 0.25}});
  CHECK(store->full_check().empty());
}

TEST_CASE("an answer that is added again replaces the first") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  store->begin_stage("s");
  std::vector<Instruction> one = texts({"a"});
  store->add_instructions("s", one);
  for (const char* text : {"x", "y"}) {
    store->add_answers("s", std::vector<StoredAnswer>{{1, {.text = text}}});
    store->add_teacher_answers("s", std::vector<StoredAnswer>{{1, {.text = text}}});
  }
  CHECK(store->answers("s", std::vector<int64_t>{1})[1].text == "y");
  CHECK(store->teacher_answers(std::vector<int64_t>{1})[1].text == "y");
}

TEST_CASE("an unfinished stage keeps its answers, drops what it derived, and gives the same ids again") {
  TemporaryFolder folder;
  const std::vector<std::string> written = {"one", "two", "three"};
  {
    auto store = open_to_write(folder.path());
    store->begin_stage("seeds");
    std::vector<Instruction> seeds = texts({"seed a", "seed b"});
    store->add_instructions("seeds", seeds);
    store->finish_stage("seeds", {.in = 2, .ok = 2}, {});
    store->begin_stage("write");
    std::vector<Instruction> news = texts(written);
    store->add_instructions("write", news);
    CHECK(news[2].id == 5);
    store->add_answers("write", std::vector<StoredAnswer>{{1, {.text = "to a"}}, {4, {.text = "to two"}}});
    store->add_teacher_answers("write", std::vector<StoredAnswer>{{5, {.text = "teacher to three"}}});
    store->add_verdicts("write", std::vector<Verdict>{{.instruction_id = 1}});
    store->add_drops("write", std::vector<Drop>{{.instruction_id = 2, .reason = "long"}});
    store->set_metric("write", "novel", 0.5);
  }
  auto store = open_to_write(folder.path());
  CHECK(store->begin_stage("write") == RunStore::Begin::Run);
  CHECK(store->instruction_count() == 2);
  CHECK(store->verdicts("write").empty());
  CHECK(store->drops("write").empty());
  CHECK(store->metrics("write").empty());
  CHECK(store->answered_ids("write") == std::vector<int64_t>{1, 4});
  std::vector<Instruction> again = texts(written);
  store->add_instructions("write", again);
  CHECK(again[0].id == 3);
  CHECK(again[2].id == 5);
  store->finish_stage("write", {.in = 3, .ok = 3}, {});
  CHECK(store->answers("write", std::vector<int64_t>{4})[4].text == "to two");
  CHECK(store->teacher_answers(std::vector<int64_t>{5})[5].text == "teacher to three");
  CHECK(store->full_check().empty());
}

TEST_CASE("an answer that was kept goes when its id comes to mean another text, or nothing") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  store->begin_stage("write");
  std::vector<Instruction> first = texts({"one", "two", "three"});
  store->add_instructions("write", first);
  store->add_answers(
      "write",
      std::vector<StoredAnswer>{{1, {.text = "to one"}}, {2, {.text = "to two"}}, {3, {.text = "to three"}}});
  store->begin_stage("write");
  std::vector<Instruction> second = texts({"one", "TWO"});
  store->add_instructions("write", second);
  CHECK(store->answered_ids("write") == std::vector<int64_t>{1, 3});
  store->finish_stage("write", {.in = 2, .ok = 2}, {});
  CHECK(store->answered_ids("write") == std::vector<int64_t>{1});
}

TEST_CASE("ids fill the gap that a repeated stage leaves below finished ones") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  store->begin_stage("a");
  store->begin_stage("b");
  std::vector<Instruction> a = texts({"1", "2"}), b = texts({"3", "4"}), more = texts({"5", "6", "7"});
  store->add_instructions("a", a);
  store->add_instructions("b", b);
  store->begin_stage("a");
  store->add_instructions("a", more);
  CHECK(more[0].id == 1);
  CHECK(more[1].id == 2);
  CHECK(more[2].id == 5);
  CHECK(store->instruction_ids("a") == std::vector<int64_t>{1, 2, 5});
  CHECK(store->instruction_ids("") == std::vector<int64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("a transaction that throws leaves no trace, and the store goes on with the right ids") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  store->begin_stage("s");
  std::vector<Instruction> lost = texts({"a", "b"});
  CHECK_THROWS_AS(store->transaction([&] {
    store->begin_stage("t");
    store->add_instructions("s", lost);
    store->set_metric("t", "x", 1);
    store->transaction([&] { throw std::runtime_error("no"); });
  }),
                  std::runtime_error);
  CHECK(store->instruction_count() == 0);
  CHECK_FALSE(store->stage("t"));
  std::vector<Instruction> kept = texts({"c"});
  store->add_instructions("s", kept);
  CHECK(kept[0].id == 1);
}

TEST_CASE("instructions are visited in id order, and the visitor may write") {
  TemporaryFolder folder;
  auto store = open_to_write(folder.path());
  store->begin_stage("s");
  std::vector<Instruction> many;
  for (int i = 0; i < 600; ++i) many.push_back({.text = format("text {}", i)});
  store->add_instructions("s", many);
  int64_t seen = 0;
  store->transaction([&] {
    store->for_each_instruction("s", [&](const Instruction& instruction) {
      CHECK(instruction.id == ++seen);
      std::vector<Instruction> child = texts({"child"});
      child[0].parent_id = instruction.id;
      store->add_instructions("s", child);
    });
  });
  CHECK(seen == 600);
  CHECK(store->instruction_count() == 1200);
  store->for_each_instruction("never begun", [&](const Instruction&) { ++seen; });
  CHECK(seen == 600);
}

}  // namespace retort
