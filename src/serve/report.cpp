// The page: what the run is, its key figures, the sections, and how to read them.
#include "serve/report.h"

#include "serve/chart.h"
#include "serve/report_sections.h"
#include "serve/report_style.h"

namespace retort {
namespace {

std::string duration(double seconds) {
  if (seconds < 120) return format("{:.1f} s", seconds);
  int64_t whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 7'200) return format("{} min {} s", whole / 60, whole % 60);
  return format("{} h {} min", whole / 3'600, whole / 60 % 60);
}

std::string title_of(const RunView& view) {
  std::string name = view.folder.filename().empty() ? view.folder.parent_path().filename().string()
                                                    : view.folder.filename().string();
  return name.empty() ? "Retort run" : name;
}

void write_card(std::string_view name, std::string_view figure, std::string_view more, Html& html) {
  html.write("<div><dt>{}</dt><dd class=\"big\">{}</dd><dd class=\"more\">{}</dd></div>", name, figure, more);
}

// The last round that has this measure.
template <class Measure>
const RoundView* last_with(const ArmView& arm, const Measure& measure) {
  const RoundView* last = nullptr;
  for (const RoundView& round : arm.rounds)
    if (measure(round)) last = &round;
  return last;
}

template <class Measure>
void write_score_card(const RunView& view, std::string_view name, const Measure& measure,
                      std::optional<Estimate> (*interval)(const RoundView&), Html& html) {
  const RoundView* last = last_with(view.main, measure);
  if (last == nullptr) return;
  std::string figure = percent(*measure(*last)), more;
  if (std::optional<Estimate> e = interval(*last)) figure += format(" ± {}", decimal(e->half() * 100, 1));
  const RoundView& first = view.main.rounds.front();
  if (last->round != first.round && measure(first))
    more = format("{} after round {}", percent(*measure(first)), first.round);
  const RoundView* control = view.control ? last_with(*view.control, measure) : nullptr;
  if (control != nullptr && control->round > 0)
    more +=
        format("{}{} with {}", more.empty() ? "" : "; ", percent(*measure(*control)), view.control->recipe);
  write_card(name, figure, more, html);
}

void write_key_figures(const RunView& view, Html& html) {
  html.write("<dl class=\"cards\">");
  write_score_card(
      view, "exact, all kinds", [](const RoundView& r) { return r.exact_all; }, exact_all, html);
  write_score_card(
      view, "exact, hard third", [](const RoundView& r) { return r.exact_hard; }, exact_hard, html);
  auto loss = [](const RoundView& r) { return r.heldout_loss; };
  if (const RoundView* last = last_with(view.main, loss)) {
    std::optional<double> first = view.main.rounds.front().heldout_loss;
    write_card("held-out loss, nats per token", decimal(*last->heldout_loss, 3),
               first && last->round > 0 ? format("{} after round 0", decimal(*first, 3)) : "", html);
  }
  if (!view.main.rounds.empty() && view.main.rounds.back().answers)
    write_card("teacher's answers", thousands(*view.main.rounds.back().answers), "trained on by the main arm",
               html);
  int64_t calls = 0, in = 0, out = 0;
  for (const auto& [role, totals] : view.calls) {
    calls += totals.done;
    in += totals.tokens_in;
    out += totals.tokens_out;
  }
  if (calls > 0)
    write_card("calls done", thousands(calls), format("{} tokens in, {} out", thousands(in), thousands(out)),
               html);
  write_card("the loop's time", duration(view.seconds), view.control ? "control included" : "", html);
  if (view.chosen)
    write_card("the student you get", format("round {}", view.chosen->round), view.chosen->why, html);
  html.write("</dl>");
}

void write_head(const RunView& view, Html& html) {
  html.write(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "base-uri 'none'; form-action 'none'\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\">"
      "<title>{} · Retort</title><style>{}</style></head><body>\n",
      title_of(view), report_style());
}

void write_opening(const RunView& view, Html& html) {
  html.write("<header><h1>{}</h1><p class=\"lead\">Recipe <b>{}</b>, {}.", title_of(view),
             view.recipe.empty() ? "unknown" : view.recipe, run_state_name(view.state));
  if (!view.teacher_model.empty()) html.write(" Teacher: <b>{}</b>.", view.teacher_model);
  if (view.control)
    html.write(" Beside it the control <b>{}</b>, which shares round 0.", view.control->recipe);
  html.write("</p>");
  if (view.practice_teacher)
    html.write(
        "<p class=\"stand-in\">The teacher of this run is Retort's practice teacher: a rule-based stand-in "
        "and no "
        "LLM. The figures show that the loop works, and nothing of what a real teacher would bring.</p>");
  html.write("</header>");
}

void write_footer(Html& html) {
  html.write(
      "<footer><p>Intervals are 95 %: Wilson's for shares of held-out instructions, the paired bootstrap for "
      "the "
      "difference of the arms. They tell how sure the figures of this run are, given its instructions; they "
      "do not "
      "tell how much another seed would change them. The hard third is the third of the kinds that the "
      "student "
      "did worst after round 0, so on it some of the gain is return to the mean; the control shares that. "
      "Text of "
      "models is shown as it is, with invisible characters spelt out.</p></footer></body></html>\n");
}

}  // namespace

std::string report_html(const RunView& view) {
  Html html;
  write_head(view, html);
  write_opening(view, html);
  html.write("<main>");
  write_key_figures(view, html);
  for (auto section :
       {learning_section, skills_section, referee_section, pool_section, samples_section, accounts_section})
    html.write(section(view));
  html.write("</main>");
  write_footer(html);
  return html.str();
}

}  // namespace retort
