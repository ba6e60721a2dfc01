// Kinds × rounds, and what the rounds were written about: two heat maps over the same skills and domains.
#include <algorithm>
#include <set>

#include "serve/chart.h"
#include "serve/figure_table.h"
#include "serve/heat_table.h"
#include "serve/kind_name.h"
#include "serve/report_sections.h"

namespace retort {
namespace {

constexpr size_t kRowsMax = 40;  // of a user's own kinds; the rest is summed up

// The rounds that become columns: all of the main arm, and the control's last.
struct Column {
  std::string label;
  const RoundView* round;
};
std::vector<Column> columns_of(const RunView& view) {
  std::vector<Column> columns;
  for (const RoundView& round : view.main.rounds)
    if (!round.kinds.empty()) columns.push_back({format("round {}", round.round), &round});
  if (!view.control) return columns;
  const RoundView* last = nullptr;
  for (const RoundView& round : view.control->rounds)
    if (round.round > 0 && !round.kinds.empty()) last = &round;
  if (last != nullptr) columns.push_back({format("{} {}", view.control->recipe, last->round), last});
  return columns;
}

HeatCell score_cell(const RunView& view, const Column& column, const std::string& kind) {
  auto found = column.round->kinds.find(kind);
  if (found == column.round->kinds.end()) return {std::nullopt, kind, false};
  const KindScore& score = found->second;
  HeatCell cell{score.exact, format("{}, {}: {}", kind, column.label, percent(score.exact)), false};
  if (score.n) {
    if (std::optional<Estimate> e = wilson_interval_of_share(score.exact, *score.n))
      cell.tip += format(" of {} [{}, {}]", *score.n, percent(e->low), percent(e->high));
  }
  cell.marked = std::find(view.hard_kinds.begin(), view.hard_kinds.end(), kind) != view.hard_kinds.end();
  return cell;
}

// "+12" points from the first round to the main arm's last, over the skill's levels.
std::string gain(const RunView& view, const std::string& skill, const std::set<std::string>& levels) {
  const RoundView *first = nullptr, *last = nullptr;
  for (const RoundView& round : view.main.rounds) {
    if (round.kinds.empty()) continue;
    if (first == nullptr) first = &round;
    last = &round;
  }
  double sum = 0;
  int count = 0;
  for (const std::string& level : levels) {
    std::string kind = level.empty() ? skill : skill + "/" + level;
    auto a = first->kinds.find(kind), b = last->kinds.find(kind);
    if (a == first->kinds.end() || b == last->kinds.end()) continue;
    sum += b->second.exact - a->second.exact;
    ++count;
  }
  return first == last || count == 0 ? "" : format("{:+.0f}", sum / count * 100);
}

struct Skills {
  std::map<std::string, std::vector<std::string>> by_domain;  // "" for kinds of no known domain
  std::map<std::string, int64_t> domains;
  std::set<std::string> levels;
};
Skills skills_of(const std::vector<Column>& columns) {
  Skills skills;
  std::set<std::string> seen;
  for (const Column& column : columns)
    for (const auto& [kind, score] : column.round->kinds) {
      KindName name = split_kind(kind);
      skills.levels.insert(name.level);
      if (!seen.insert(name.skill).second) continue;
      std::string domain = domain_of(name.skill);
      ++skills.domains[domain];
      skills.by_domain[domain].push_back(name.skill);
    }
  return skills;
}

}  // namespace

Html skills_section(const RunView& view) {
  std::vector<Column> columns = columns_of(view);
  if (columns.empty()) return {};
  Skills skills = skills_of(columns);
  HeatTable table{.caption =
                      "Percent answered exactly, held-out instructions. Columns within a round are levels. "
                      "Outlined: the hard third, fixed after round 0. Last column: points gained from the "
                      "first round to the last.",
                  .remark_label = "gain"};
  for (const Column& column : columns)
    table.groups.push_back({column.label, {skills.levels.begin(), skills.levels.end()}});
  for (const std::string& domain : domains_in_order(skills.domains)) {
    if (!domain.empty()) table.rows.push_back({domain, {}, ""});
    for (const std::string& skill : skills.by_domain[domain]) {
      HeatRow row{skill, {}, gain(view, skill, skills.levels)};
      for (const Column& column : columns)
        for (const std::string& level : skills.levels)
          row.cells.push_back(score_cell(view, column, level.empty() ? skill : skill + "/" + level));
      table.rows.push_back(std::move(row));
    }
  }
  return Html().write("<section><h2>Skill by skill</h2>{}</section>", heat_table(table));
}

namespace {

// What a kind is counted under in the composition: its domain, or itself where it has none.
std::string group_of(const std::string& kind) {
  if (kind.empty()) return "unknown";
  KindName name = split_kind(kind);
  std::string domain = domain_of(name.skill);
  return domain.empty() ? name.skill : domain;
}

using Shares = std::map<std::string, int64_t>;

void add_rows(const std::vector<PoolView>& pools, const std::vector<Shares>& counts,
              const std::vector<std::string>& labels, HeatTable& table) {
  for (const std::string& label : labels) {
    HeatRow row{label, {}, ""};
    for (size_t i = 0; i < pools.size(); ++i) {
      auto found = counts[i].find(label);
      int64_t count = found == counts[i].end() ? 0 : found->second;
      double share = pools[i].rows == 0 ? 0 : static_cast<double>(count) / static_cast<double>(pools[i].rows);
      row.cells.push_back(
          {share, format("{}: {} of {}", label, thousands(count), thousands(pools[i].rows)), false});
      table.full = std::max(table.full, share);
    }
    table.rows.push_back(std::move(row));
  }
}

// The most frequent labels, at most kRowsMax of them; the others become "other" in every count.
std::vector<std::string> fold_labels(std::vector<Shares>& counts) {
  Shares total;
  for (const Shares& of_pool : counts)
    for (const auto& [label, count] : of_pool) total[label] += count;
  std::vector<std::string> labels = domains_in_order(total);
  if (labels.size() <= kRowsMax) return labels;
  std::stable_sort(labels.begin(), labels.end(),
                   [&](const std::string& a, const std::string& b) { return total[a] > total[b]; });
  std::set<std::string> kept(labels.begin(), labels.begin() + kRowsMax);
  labels.resize(kRowsMax);
  labels.push_back("other");
  for (Shares& of_pool : counts) {
    Shares folded;
    for (const auto& [label, count] : of_pool) folded[kept.contains(label) ? label : "other"] += count;
    of_pool = std::move(folded);
  }
  return labels;
}

void write_pool_rows(const RunView& view, Html& html) {
  open_table(
      {.note = "Rows that each stage brought, by where they came from.",
       .names = {"arm"},
       .figures = {"round", "rows", "from hard", "from easy", "from any", "of the hard third's kinds"}},
      html);
  for (const PoolView& pool : view.evidence.pools) {
    auto origin = [&](const char* name) {
      auto found = pool.origins.find(name);
      return figure_cell(found == pool.origins.end() ? "" : thousands(found->second));
    };
    int64_t hard = 0;
    for (const std::string& kind : view.hard_kinds)
      if (auto found = pool.kinds.find(kind); found != pool.kinds.end()) hard += found->second;
    double share = pool.rows == 0 ? 0 : static_cast<double>(hard) / static_cast<double>(pool.rows);
    html.write("<tr><th scope=\"row\">{}</th>{}{}", pool.round == 0 ? "seeds" : pool.arm,
               figure_cell(std::to_string(pool.round)), figure_cell(thousands(pool.rows)));
    html.write("{}{}{}{}</tr>", origin("hard"), origin("easy"), origin("same"),
               figure_cell(view.hard_kinds.empty() ? "" : percent(share)));
  }
  close_table(html);
}

}  // namespace

Html pool_section(const RunView& view) {
  const std::vector<PoolView>& pools = view.evidence.pools;
  if (pools.empty()) return {};
  std::vector<Shares> domains(pools.size()), levels(pools.size());
  std::set<std::string> level_names;
  HeatTable table{.caption = "Percent of the rows that each round brought, by domain and level (or by kind).",
                  .full = 0.01};
  for (size_t i = 0; i < pools.size(); ++i) {
    for (const auto& [kind, count] : pools[i].kinds) {
      domains[i][group_of(kind)] += count;
      std::string level = split_kind(kind).level;
      if (level.empty()) continue;
      levels[i]["level " + level] += count;
      level_names.insert("level " + level);
    }
    std::string group = pools[i].round == 0 ? "seeds" : pools[i].arm;
    if (table.groups.empty() || table.groups.back().label != group) table.groups.push_back({group, {}});
    table.groups.back().columns.push_back(pools[i].round == 0 ? "" : std::to_string(pools[i].round));
  }
  add_rows(pools, domains, fold_labels(domains), table);
  if (level_names.size() > 1) {
    table.rows.push_back({"level", {}, ""});
    add_rows(pools, levels, {level_names.begin(), level_names.end()}, table);
  }
  Html html;
  html.write("<section><h2>What was written</h2>{}", heat_table(table));
  write_pool_rows(view, html);
  return html.write("</section>");
}

}  // namespace retort
