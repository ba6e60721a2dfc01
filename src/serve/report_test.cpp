// The report: what must be on the page, and that no text can leave its place.
#include "serve/report.h"

#include "base/test.h"
#include "base/utf8.h"
#include "serve/arm_difference.h"
#include "serve/hostile_texts.h"
#include "serve/synthetic_run.h"

namespace retort {
namespace {

const SyntheticOptions kSmall{.rounds = 2, .seeds = 40, .fresh = 10, .per_kind = 2};

std::string report_of(const SyntheticOptions& options) {
  TemporaryFolder folder;
  Path run = folder.path() / "demo";  // the title of the page
  write_synthetic_run(run, options);
  return report_html(or_throw(read_run(run, Detail::Evidence)));
}

// The page's tags with the names of their attributes and without values: what a browser would build. Minds
// quotes, as a browser does.
std::string skeleton(const std::string& html) {
  std::string out;
  bool in_tag = false, in_quotes = false;
  for (char c : html) {
    if (!in_tag && c == '<') in_tag = true;
    if (!in_tag) continue;
    if (c == '"') in_quotes = !in_quotes;
    if (!in_quotes) out += c;
    if (c == '>' && !in_quotes) {
      in_tag = false;
      out += '\n';
    }
  }
  return out;
}

// The same text with nothing in it that HTML knows; lengths, slashes and new lines stay.
std::string tamed(std::string text) {
  for (char& c : text)
    if (std::string_view("<>\"'&").find(c) != std::string_view::npos) c = 'x';
  return text;
}

TEST_CASE("the report has every section, and says that the teacher is a stand-in") {
  std::string html = report_of(kSmall);
  for (const char* part : {"What the student learned", "Skill by skill", "What the referee saw",
                           "What was written", "What they said", "What was asked, and where every row went",
                           "rule-based stand-in and no LLM", "<title>demo"})
    CHECK_MESSAGE(html.find(part) != std::string::npos, part);
}

TEST_CASE("the report is one file that loads nothing and runs nothing") {
  std::string html = report_of(kSmall);
  CHECK(html.find("default-src 'none'; style-src 'unsafe-inline'") != std::string::npos);
  for (const char* part : {"<script", "<img", "<link", "<iframe", "@import", "url(",
                           " src=", " href=", "http://", "https://", "javascript:"})
    CHECK_MESSAGE(html.find(part) == std::string::npos, part);
  CHECK(valid_utf8(html));
}

TEST_CASE("every tag that opens is closed in its order") {
  std::string html = report_of(kSmall);
  std::vector<std::string> open;
  std::string tags = skeleton(html);
  for (size_t at = 0; at < tags.size();) {
    size_t end = tags.find('\n', at);
    std::string tag = tags.substr(at + 1, end - at - 2);
    at = end + 1;
    bool is_void = tag.ends_with("/") || tag.starts_with("!") || tag.starts_with("meta");
    if (is_void) continue;
    if (tag[0] != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
      continue;
    }
    REQUIRE(!open.empty());
    REQUIRE(open.back() == tag.substr(1));
    open.pop_back();
  }
  CHECK(open.empty());
}

TEST_CASE("hostile text in every place that others write to changes no tag and no attribute") {
  // All of them at once, then those that work only alone.
  std::string all;
  for (const std::string& hostile : hostile_texts()) all += hostile;
  for (const std::string& hostile : {all, std::string("\"><script>alert(1)</script>"), std::string("<!--"),
                                     std::string("' onfocus='alert(1)' x='")}) {
    SyntheticOptions options = kSmall;
    options.foreign = hostile;
    std::string attacked = report_of(options);
    options.foreign = tamed(hostile);
    std::string harmless = report_of(options);
    CHECK(skeleton(attacked) == skeleton(harmless));
    CHECK(attacked.find("alert(1)</script>") == std::string::npos);
    CHECK(valid_utf8(attacked));
  }
}

TEST_CASE("the skeleton would notice an injected tag or attribute") {
  CHECK(skeleton("<td title=\"a\">b</td>") != skeleton("<td title=\"a\" onclick=\"b\">b</td>"));
  CHECK(skeleton("<td>b</td>") != skeleton("<td><b>b</td>"));
}

TEST_CASE("a run that has only begun has a report") {
  for (int stages = 0; stages < 8; ++stages) {
    CAPTURE(stages);
    SyntheticOptions options = kSmall;
    options.stages_max = stages;
    CHECK(report_of(options).find("</html>") != std::string::npos);
  }
}

TEST_CASE("a run without exact scores shows loss and preference") {
  SyntheticOptions options = kSmall;
  options.per_kind = 0;
  options.control = "";
  std::string html = report_of(options);
  CHECK(html.find("Held-out loss.") != std::string::npos);
  CHECK(html.find("Student preferred.") != std::string::npos);
  CHECK(html.find("Skill by skill") == std::string::npos);
  CHECK(html.find("nan") == std::string::npos);
}

TEST_CASE("the referee's panel names no answers that came after it judged") {
  std::string html = report_of(kSmall);
  size_t panel = html.find("Student preferred.");
  std::string svg = html.substr(panel, html.find("</figure>", panel) - panel);
  CHECK(svg.find(">round</text>") != std::string::npos);
  CHECK(svg.find("answers so far") == std::string::npos);
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
