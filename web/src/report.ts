// The report: every view of a run under each other, from the data that the page itself holds.
import { add, h, note, said, section } from "./dom";
import type { Report, ReportSample } from "./figures";
import { count, signed } from "./text";
import { moneyView, rows, strip } from "./view_accounts";
import { curriculum } from "./view_curriculum";
import { benchmarks } from "./view_evals";
import { learning, referee, skills, tasks } from "./view_quality";
import { training } from "./view_training";

export function opening(report: Report["run"]): HTMLElement {
  return h("header", { class: "opening" }, h("h1", {}, report.name || "Retort run"),
    h("p", { class: "lead" }, "Recipe ", h("b", {}, report.recipe || "unknown"), `, ${report.state}.`, report.teacher_model ? [" Teacher: ", h("b", {}, report.teacher_model), "."] : null,
      report.arms.length > 1 ? [" Beside it the control ", h("b", {}, report.arms[1]!.name), ", which shares round 0."] : null),
    report.practice_teacher ? h("p", { class: "stand-in" }, "The teacher of this run is Retort's practice teacher: a rule-based stand-in and no LLM. The figures show that the loop works, and nothing of what a real teacher would bring.") : null);
}

export function verdictLines(sample: { verdicts: ReportSample["verdicts"] }): HTMLElement[] {
  return sample.verdicts.map((v) => h("p", { class: "verdict" }, h("span", { class: "faint" }, v.student_first ? "student first: " : "teacher first: "),
    v.teacher !== null && v.student !== null ? h("b", {}, `${v.teacher} : ${v.student}`) : `unjudged, ${v.reason || "no reason given"}`));
}

const textMax = 6_000; // of one text; a report stays a file that opens at once
function block(text: string | null): HTMLElement[] {
  if (text === null || text.length <= textMax) return [said(text)];
  return [said(text.slice(0, textMax)), h("p", { class: "faint" }, `… ${count(text.length - textMax)} characters more`)];
}

function samples(report: Report): HTMLElement | null {
  const { rows: shown, of, round } = report.samples;
  if (shown.length === 0) return null;
  const how = round === null ? `${shown.length} of ${count(of)} instructions, spread evenly; no referee compared the answers.`
    : `${shown.length} of the ${count(of)} pairs that round ${round} judged, spread evenly from the widest gap to the narrowest (not chosen by hand).`;
  return section("What they said", note(how), shown.map((s) => h("article", { class: "sample" },
    h("p", { class: "faint" }, `#${s.id} · ${s.kind || "of unknown kind"} · ${s.origin === "seed" ? "a seed" : `written in round ${s.round} (${s.origin})`}${s.gap === null ? "" : ` · gap ${signed(s.gap, 2)}`}`),
    block(s.text),
    h("div", { class: "sides" }, h("div", {}, h("h3", {}, "teacher"), block(s.teacher)), h("div", {}, h("h3", {}, "student"), block(s.student)), h("div", {}, h("h3", {}, "verdicts, teacher : student"), s.verdicts.length > 0 ? verdictLines(s) : h("p", { class: "none" }, "not judged"))))));
}

export function showReport(report: Report): void {
  const run = report.run;
  document.title = `${run.name} · Retort`;
  document.body.className = "report";
  add(document.body, [opening(run), h("main", {}, strip(run, null), learning(run), skills(run), referee(run), tasks(run), curriculum(run), training(run), benchmarks(run), samples(report), moneyView(run), rows(run)),
    h("footer", {}, note("Intervals are 95 %: Wilson's for shares, Student's for means, the paired bootstrap for the difference of the arms. They tell how sure the figures of this run are, given its instructions; they do not tell how much another seed would change them. ",
      "The hard third is the third of the kinds that the student did worst after round 0, so on it some of the gain is return to the mean; the control shares that. Text of models is shown as it is, with invisible characters spelt out."))]);
}
