// Text tables.
#include "serve/terminal.h"

#include <algorithm>

#include "base/utf8.h"
#include "chat/price.h"
#include "serve/figure_text.h"

namespace retort {
namespace {

size_t width_of(std::string_view text) {
  size_t width = 0;
  for (char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // code points
  return width;
}

enum class Align { Left, Right };
struct Column {
  std::string head;
  Align align = Align::Right;
  std::vector<std::string> cells;
};

// Columns as wide as their widest cell, two spaces between them; lines end without spaces.
std::string text_table(const std::vector<Column>& columns) {
  std::string out;
  for (size_t row = 0; row <= columns.front().cells.size(); ++row) {
    std::string line;
    for (const Column& column : columns) {
      size_t width = width_of(column.head);
      for (const std::string& cell : column.cells) width = std::max(width, width_of(cell));
      const std::string& text = row == 0 ? column.head : column.cells[row - 1];
      std::string spaces(width - width_of(text), ' ');
      line += line.empty() ? "" : "  ";
      line += column.align == Align::Left ? text + spaces : spaces + text;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string count_or_dash(std::optional<int64_t> count) { return count ? thousands(*count) : "-"; }

std::string share_or_dash(std::optional<double> share, std::optional<Estimate> interval) {
  if (!share) return "-";
  std::string text = decimal(*share * 100, 1);
  return interval ? text + " ±" + decimal(interval->half() * 100, 1) : text;
}

std::string loss_or_dash(std::optional<double> loss) { return loss ? decimal(*loss, 3) : "-"; }

const RoundView* control_round(const RunView& view, int round) {
  if (!view.control) return nullptr;
  for (const RoundView& r : view.control->rounds)
    if (r.round == round) return &r;
  return nullptr;
}

std::vector<Column> control_columns(const RunView& view) {
  std::string name = terminal_safe(view.control->recipe.empty() ? "control" : view.control->recipe, 20);
  std::vector<Column> columns = {{"| " + name + ": exact %", Align::Left, {}}, {"hard %"}, {"loss"}};
  for (const RoundView& main : view.main.rounds) {
    const RoundView* r = control_round(view, main.round);
    columns[0].cells.push_back("| " + (r ? share_or_dash(r->exact_all, exact_all(*r)) : "-"));
    columns[1].cells.push_back(r ? share_or_dash(r->exact_hard, exact_hard(*r)) : "-");
    columns[2].cells.push_back(r ? loss_or_dash(r->heldout_loss) : "-");
  }
  return columns;
}

std::string rows_table(const RunView& view) {
  std::vector<Column> columns = {
      {"stage", Align::Left, {}}, {"in"}, {"ok"}, {"dropped"}, {"failed"}, {"seconds"},
      {"why", Align::Left, {}}};
  for (const StageView& stage : view.stages) {
    if (stage.name == "run") continue;
    std::string why;
    for (const auto& [reason, count] : stage.drops)
      why += format("{}{} {}", why.empty() ? "" : "; ", thousands(count), terminal_safe(reason, 60));
    columns[0].cells.push_back(terminal_safe(stage.name, 40));
    const int64_t counts[] = {stage.counts.in, stage.counts.ok, stage.counts.dropped, stage.counts.failed};
    for (size_t i = 0; i < 4; ++i)
      columns[i + 1].cells.push_back(stage.finished ? thousands(counts[i]) : "-");
    columns[5].cells.push_back(stage.finished ? decimal(stage.seconds, 1) : "-");
    columns[6].cells.push_back(stage.finished ? why : "not finished");
  }
  return text_table(columns);
}

std::string calls_table(const RunView& view) {
  std::vector<Column> columns = {
      {"role", Align::Left, {}}, {"calls"}, {"failed"}, {"unknown"}, {"tokens in"}, {"tokens out"}};
  if (view.money) columns.push_back({"cost"});
  for (const auto& [role, t] : view.calls) {
    columns[0].cells.push_back(terminal_safe(role, 40));
    const int64_t counts[] = {t.done, t.failed, t.unknown, t.tokens_in, t.tokens_out};
    for (size_t i = 0; i < 5; ++i) columns[i + 1].cells.push_back(thousands(counts[i]));
    if (view.money) columns[6].cells.push_back(money_text(t.cost, terminal_safe(view.money->currency, 8)));
  }
  return text_table(columns);
}

}  // namespace

std::string rounds_table(const RunView& view) {
  if (view.main.rounds.empty()) return "";
  std::vector<Column> columns = {
      {"round"}, {"answers"}, {"exact %"}, {"hard %"}, {"loss"}, {"hard/easy/unjudged"}, {"preferred %"}};
  for (const RoundView& r : view.main.rounds) {
    bool judged = r.hard || r.easy || r.unjudged;
    columns[0].cells.push_back(std::to_string(r.round));
    columns[1].cells.push_back(count_or_dash(r.answers));
    columns[2].cells.push_back(share_or_dash(r.exact_all, exact_all(r)));
    columns[3].cells.push_back(share_or_dash(r.exact_hard, exact_hard(r)));
    columns[4].cells.push_back(loss_or_dash(r.heldout_loss));
    columns[5].cells.push_back(
        judged ? count_or_dash(r.hard) + "/" + count_or_dash(r.easy) + "/" + count_or_dash(r.unjudged) : "-");
    columns[6].cells.push_back(share_or_dash(r.win_rate, std::nullopt));
  }
  if (view.control)
    for (Column& column : control_columns(view)) columns.push_back(std::move(column));
  return text_table(columns);
}

std::string status_text(const RunView& view) {
  std::string text = format("{}: {}, {}, {:.1f} s", terminal_safe(view.folder.string()),
                            view.recipe.empty() ? "unknown recipe" : terminal_safe(view.recipe, 40),
                            run_state_name(view.state), view.seconds);
  if (view.control) text += ", control " + terminal_safe(view.control->recipe, 40) + " included";
  text += "\n";
  if (view.practice_teacher) text += "the teacher is the practice teacher: a rule-based stand-in, no LLM\n";
  if (view.state == RunState::Stopped) text += "it stopped before its end; run it again to go on\n";
  if (std::string table = rounds_table(view); !table.empty())
    text +=
        "\n" + table +
        "± is half of a 95 % interval; hard/easy/unjudged and preferred are of the student that entered the "
        "round\n";
  if (view.chosen)
    text += format("the student you get: round {}, {}\n", view.chosen->round, view.chosen->why);
  if (!view.calls.empty()) text += "\n" + calls_table(view);
  for (const UnknownCall& call : view.unknown_calls)
    text += format("unknown outcome: {} call {} was sent and not answered; it is asked again\n",
                   terminal_safe(call.role, 40), call.key.substr(0, 16));
  if (view.money) text += terminal_safe(money_line(*view.money)) + "\n";
  if (!view.stages.empty()) text += "\n" + rows_table(view);
  return text;
}

}  // namespace retort
