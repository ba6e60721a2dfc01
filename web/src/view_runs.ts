// Runs side by side: those in the same folder.
import { get } from "./api";
import { type Line, lineChart, series } from "./chart";
import { type Child, h, note, section, table } from "./dom";
import { type Num } from "./figures";
import { count, decimal, duration, money, percent } from "./text";

interface RunRow {
  name: string;
  error?: string;
  recipe: string;
  state: string;
  seconds: number;
  calls: number;
  money: { currency: string | null; spent: number } | null;
  arms: { name: string; rounds: { round: number; answers: Num; exact_all: Num; exact_hard: Num; heldout_loss: Num; win_rate: Num }[] }[];
}

const linesMax = 6;

export function runs(self: string): HTMLElement {
  const place = h("div", {}, note("Reading the runs …"));
  const chosen = new Set<string>([self]);
  const draw = (all: RunRow[]) => {
    const good = all.filter((r) => r.error === undefined), drawn = good.filter((r) => chosen.has(r.name)).slice(0, linesMax);
    const chart = (title: string, caption: string, y: string, isPercent: boolean, value: (r: RunRow["arms"][0]["rounds"][0]) => Num) =>
      lineChart(title, caption, { x: "teacher's answers", y, percent: isPercent }, drawn.map((run): Line => ({ label: run.name, points: run.arms[0]!.rounds.flatMap((r) => {
        const v = value(r);
        return v === null || r.answers === null ? [] : [{ x: r.answers, y: v, tip: `${run.name}, round ${r.round}: ${isPercent ? percent(v) : decimal(v, 3)}` }];
      }) })), series);
    const rows = all.map((run): Child[] => {
      const box = h("input", { type: "checkbox", "aria-label": `draw ${run.name}`, change: () => { if (box.checked) chosen.add(run.name); else chosen.delete(run.name); draw(all); } });
      box.checked = chosen.has(run.name);
      if (run.error !== undefined) return [run.name, "", h("span", { class: "faint" }, run.error), "", "", "", "", "", ""];
      const rounds = run.arms[0]!.rounds, end = rounds.at(-1);
      return [run.name, box, run.recipe, run.state, end ? String(end.round) : "", end?.exact_all == null ? "" : percent(end.exact_all), end?.exact_hard == null ? "" : percent(end.exact_hard),
        end?.heldout_loss == null ? "" : decimal(end.heldout_loss, 3), `${count(run.calls)} calls${run.money ? `, ${money(run.money.spent, run.money.currency ?? "")}` : ""}, ${duration(run.seconds)}`];
    });
    place.replaceChildren(note(`The runs in the same folder, at most ${linesMax} drawn. Runs of other seeds, data or held-out instructions differ for those reasons too.`),
      table("Each run's main arm after its last round.", [{ head: "run" }, { head: "draw" }, { head: "recipe" }, { head: "state" }, ...["round", "exact, all", "exact, hard third", "held-out loss"].map((head) => ({ head, figure: true })), { head: "what it took" }], rows),
      h("div", { class: "charts" }, ...[chart("Exact, all kinds", "By the teacher's answers that the arm was trained on.", "answered exactly, %", true, (r) => r.exact_all), chart("Exact, hard third", "The third is each run's own.", "answered exactly, %", true, (r) => r.exact_hard),
        chart("Held-out loss", "Lower is better.", "nats per token", false, (r) => r.heldout_loss)].filter((c) => c !== null)));
  };
  get<RunRow[]>("/api/runs").then((all) => {
    // The first few, so that there is something to compare.
    for (const run of all) if (run.error === undefined && chosen.size < 3) chosen.add(run.name);
    draw(all);
  }, (error: unknown) => place.replaceChildren(note(error instanceof Error ? error.message : "they could not be read")));
  return section("Runs compared", place);
}
