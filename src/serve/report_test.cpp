// The report: that no text can leave its place, and that nothing is loaded or run that is not the page's own.
// What it looks like is tests/dashboard_test.py's to see.
#include "serve/report.h"

#include "base/test.h"
#include "base/utf8.h"
#include "serve/arm_difference.h"
#include "serve/hostile_texts.h"
#include "serve/synthetic_run.h"
#include "serve/web_page.h"

namespace retort {
namespace {

const SyntheticOptions kSmall{.rounds = 2, .seeds = 40, .fresh = 10, .per_kind = 2};

std::string report_of(const SyntheticOptions& options) {
  TemporaryFolder folder;
  Path run = folder.path() / "demo";
  write_synthetic_run(run, options);
  Result<std::string> html = report_html(or_throw(read_run(run, Detail::Evidence)));
  return html ? *html : "";
}

// What stands between the data's tags: the text of a JSON object.
std::string data_of(const std::string& html) {
  const std::string open = "<script type=\"application/json\" id=\"report\">";
  const size_t begin = html.find(open) + open.size();
  return html.substr(begin, html.find("</script>", begin) - begin);
}

TEST_CASE("a program without its page says what to do instead of a report") {
  if (!kWebScript.empty()) return;
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), kSmall);
  CHECK(report_html(or_throw(read_run(folder.path(), Detail::Evidence))).error().message == kPageNotBuilt);
}

TEST_CASE("the report's policy names the script and the style that it holds, and nothing else") {
  if (kWebScript.empty()) return;
  std::string html = report_of(kSmall);
  CHECK(html.find("default-src 'none'; script-src " + csp_hash(kWebScript) + "; style-src " +
                  csp_hash(kWebStyle) + "; base-uri 'none'; form-action 'none'\"") != std::string::npos);
  CHECK(html.find("<script type=\"module\">" + std::string(kWebScript) + "</script>") != std::string::npos);
  for (const char* part : {"<img", "<link", "<iframe", " src=\"", " href=\""})
    CHECK_MESSAGE(html.substr(0, html.find("<script")).find(part) == std::string::npos, part);
}

TEST_CASE("hostile text in every place that others write to stays in the data") {
  if (kWebScript.empty()) return;
  std::string all;
  for (const std::string& hostile : hostile_texts()) all += hostile;
  SyntheticOptions options = kSmall;
  const std::string harmless = report_of(options), frame = harmless.substr(0, harmless.find("id=\"report\""));
  for (const std::string& hostile : {all, std::string("</script><script>alert(1)</script>"),
                                     std::string("<!--<script>"), std::string("\xE2\x80\xA8")}) {
    options.foreign = hostile;
    std::string attacked = report_of(options);
    CHECK(attacked.starts_with(frame));
    CHECK(valid_utf8(attacked));
    const std::string data = data_of(attacked);
    CHECK(data.find('<') == std::string::npos);
    Result<Json> json = parse_json(data);
    REQUIRE(json.has_value());
    CHECK(json->at_path("samples/rows/0/text").string_or("").find(replace_invalid_utf8(hostile)) !=
          std::string::npos);
  }
}

TEST_CASE("a run that has only begun has a report") {
  if (kWebScript.empty()) return;
  for (int stages = 0; stages < 8; ++stages) {
    CAPTURE(stages);
    SyntheticOptions options = kSmall;
    options.stages_max = stages;
    CHECK(parse_json(data_of(report_of(options))).has_value());
  }
}

TEST_CASE("the arms' difference is paired over kinds, at the last round of both") {
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), kSmall);
  RunView view = or_throw(read_run(folder.path(), Detail::Figures));
  std::optional<ArmDifference> all = arm_difference(view, Kinds::All),
                               hard = arm_difference(view, Kinds::HardThird);
  REQUIRE(all.has_value());
  CHECK(all->round == 2);
  CHECK(all->points.value ==
        doctest::Approx(*view.main.rounds[2].exact_all - *view.control->rounds[2].exact_all).epsilon(1e-9));
  CHECK(all->points.low <= all->points.value);
  CHECK(hard->kinds == view.hard_kinds.size());
  view.control->rounds.resize(1);
  CHECK(!arm_difference(view, Kinds::All).has_value());
}

}  // namespace
}  // namespace retort
