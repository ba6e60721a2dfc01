// Pages of samples, and one in full, from a real store.
#include "serve/view_samples.h"

#include <set>

#include "base/test.h"
#include "base/utf8.h"
#include "serve/synthetic_run.h"
#include "store/schema.h"

namespace retort {
namespace {

const SyntheticOptions kSmall{.rounds = 2, .seeds = 40, .fresh = 10, .per_kind = 2};

struct Stored {
  TemporaryFolder folder;
  std::unique_ptr<Database> database;
  explicit Stored(const SyntheticOptions& options = kSmall) {
    write_synthetic_run(folder.path(), options);
    database = std::make_unique<Database>(folder.path() / kStoreFile, Database::Access::Read);
  }
  // The rows of all pages, in order.
  std::vector<Json> all(SampleFilter filter) {
    std::vector<Json> rows;
    while (true) {
      const Json page = samples_page(*database, filter);
      for (const Json& row : page.at_path("rows").items()) rows.push_back(row);
      if (page.at_path("next").is_null()) return rows;
      REQUIRE(page.at_path("next").integer_or(0) > filter.after);
      filter.after = page.at_path("next").integer_or(0);
    }
  }
};

TEST_CASE("pages of whatever size hold every instruction once, in order") {
  Stored stored;
  for (int64_t limit : {1, 7, 50, 200})
    for (int64_t rows_max : {int64_t{1}, int64_t{13}, int64_t{20'000}}) {
      int64_t id = 0;
      for (const Json& row : stored.all({.limit = limit, .rows_max = rows_max}))
        CHECK(row.at_path("id").integer_or(0) == ++id);
      CHECK(id == 40 + 2 * 10 + 2 * 10);  // seeds, and what both arms wrote
    }
}

TEST_CASE("a filter shows what fits and nothing else, and no page looks further than its bound") {
  Stored stored;
  for (const char* verdict : {"hard", "easy", "unjudged"})
    for (const Json& row : stored.all({.verdict = verdict}))
      CHECK(row.at_path("verdict").string_or("") == verdict);
  size_t judged = stored.all({.verdict = "hard"}).size() + stored.all({.verdict = "easy"}).size();
  CHECK(stored.all({.verdict = "judged"}).size() == judged);
  CHECK(stored.all({.origin = "seed"}).size() == 40);
  CHECK(stored.all({.round = 2}).size() == 20);
  CHECK(stored.all({.text = "INSTRUCTION 7 asks"}).size() == 1);
  const Json page = samples_page(*stored.database, {.text = "nowhere", .rows_max = 5});
  CHECK(page.at_path("rows").size() == 0);
  CHECK(page.at_path("next").integer_or(0) == 5);
}

TEST_CASE("what cannot be filtered by is refused, whatever it is") {
  for (const char* query : {"after=-1", "after=x", "limit=0", "limit=201", "limit=1e9", "round=-2",
                            "origin=x", "verdict=1%20OR%201", "after=99999999999999999999"})
    CHECK_MESSAGE(!parse_sample_filter(query).has_value(), query);
  SampleFilter filter = or_throw(parse_sample_filter("after=3&limit=20&kind=a%26b&text=%25&round=1"));
  CHECK(filter.after == 3);
  CHECK(filter.kind == "a&b");
  CHECK(filter.text == "%");
  CHECK(filter.round == 1);
}

TEST_CASE("a long text is cut between two characters on a page, and whole in full") {
  SyntheticOptions options = kSmall;
  for (int i = 0; i < 400; ++i) options.foreign += "\xF0\x9F\xA6\x8A";
  Stored stored(options);
  const Json row = stored.all({}).front();
  const std::string cut(row.at_path("text").string_or(""));
  CHECK(cut.size() < 700);
  CHECK(cut.ends_with("…"));
  CHECK(valid_utf8(cut));
  const Json full = or_throw(sample_in_full(*stored.database, 1));
  CHECK(full.at_path("line/0/text").string_or("").ends_with(options.foreign));
}

TEST_CASE("one in full leads to its seed, names its training and holds both orders") {
  Stored stored;
  const std::vector<Json> written = stored.all({.origin = "hard", .round = 1});
  REQUIRE(!written.empty());
  const Json full = or_throw(sample_in_full(*stored.database, written[0].at_path("id").integer_or(0)));
  CHECK(full.at_path("line").size() == 2);
  CHECK(full.at_path("line/0/stage").string_or("") == "write_1");
  CHECK(full.at_path("line/1/stage").string_or("") == "seeds");
  CHECK(full.at_path("trained_in").string_or("") == "imitate_1");
  CHECK(full.at_path("answers/0/stage").string_or("") == "answer_2");
  CHECK(full.at_path("verdicts").size() == 2);
  CHECK(!full.at_path("verdicts/0/student_first").bool_or(true));
  CHECK(or_throw(sample_in_full(*stored.database, 1)).at_path("written").size() > 0);
}

TEST_CASE("an instruction that does not exist is not found") {
  Stored stored;
  for (int64_t id : {int64_t{0}, int64_t{-1}, int64_t{1'000'000}})
    CHECK(sample_in_full(*stored.database, id).error().code == ErrorCode::NotFound);
}

}  // namespace
}  // namespace retort
