// Samples: a filtered list, a page at a time; and one in full beside it, with both answers, all verdicts and its line to the seed.
import { get } from "./api";
import { type Child, h, note, said } from "./dom";
import type { Num, Run, Verdict } from "./figures";
import { splitKind } from "./figures";
import { verdictLines } from "./report";
import { count, signed } from "./text";

interface Row {
  id: number;
  text: string;
  kind: string;
  origin: string;
  round: number;
  teacher: string | null;
  student: string | null;
  gap: Num;
  verdict: string | null;
}
interface Page {
  rows: Row[];
  next: Num;
}
interface Full {
  id: number;
  line: { id: number; stage: string; origin: string; text: string; kind: string; written_by: string | null }[];
  written: { id: number; stage: string; origin: string; text: string }[];
  teacher: { text: string; finish: string; tokens: number; stage: string; call: string | null } | null;
  answers: { stage: string; text: string; finish: string; tokens: number }[];
  verdicts: Verdict[];
  gap: Num;
  verdict: string | null;
  drops: { stage: string; reason: string; detail: string }[];
  trained_in: string | null;
}
interface Call {
  role: string;
  endpoint: string;
  http_status: number;
  attempts: number;
  latency_ms: number;
  tokens_in: number;
  tokens_out: number;
  request: string;
  reply: string;
  error: string;
}

const pageRows = 50;

export class SamplesView {
  readonly element: HTMLElement;
  private readonly form: HTMLFormElement;
  private readonly list = h("div", { class: "list", role: "region", "aria-label": "samples", tabindex: 0 });
  private readonly detail = h("div", { class: "detail", role: "region", "aria-label": "one sample in full", "aria-live": "polite" });
  private readonly said = h("p", { class: "note", role: "status" });
  private readonly back: HTMLButtonElement;
  private readonly forth: HTMLButtonElement;
  private starts = [0]; // the id before the first row of each page up to this one
  private next: Num = null;
  private asked = 0; // answers to older questions are thrown away

  constructor(run: Run) {
    const kinds = [...new Set(run.evidence.pools.flatMap((p) => Object.keys(p.kinds).map((k) => splitKind(k).skill)))].filter((k) => k !== "").sort();
    const options = (all: string[]) => [h("option", { value: "" }, "any"), all.map((value) => h("option", { value }, value))];
    const rounds = [...new Set(run.evidence.pools.map((p) => String(p.round)))].sort((a, b) => Number(a) - Number(b));
    const field = (name: string, label: string, control: HTMLElement) => h("label", {}, h("span", {}, label), (control.setAttribute("name", name), control));
    this.form = h("form", { class: "filter", submit: (e) => { e.preventDefault(); this.restart(); }, change: () => this.restart() },
      field("kind", "task", h("select", {}, options(kinds))), field("origin", "origin", h("select", {}, options(["seed", "hard", "easy", "same"]))),
      field("verdict", "verdict", h("select", {}, options(["hard", "easy", "unjudged", "judged"]))), field("round", "round", h("select", {}, options(rounds))),
      field("text", "text", h("input", { type: "search", maxlength: 200 })), h("button", { type: "submit" }, "Show"));
    this.back = h("button", { type: "button", click: () => this.step(-1) }, "‹ Before");
    this.forth = h("button", { type: "button", click: () => this.step(1) }, "Next ›");
    this.element = h("section", { class: "samples" }, h("h2", {}, "Samples"), this.form, h("div", { class: "panes" }, h("div", {}, this.said, this.list, h("div", { class: "pager" }, this.back, this.forth)), this.detail));
    this.detail.append(note("Choose a sample to see it in full."));
    void this.load();
  }

  private restart(): void {
    this.starts = [0];
    void this.load();
  }
  private step(direction: number): void {
    if (direction < 0 && this.starts.length > 1) this.starts.pop();
    if (direction > 0 && this.next !== null) this.starts.push(this.next);
    void this.load();
  }

  private async load(): Promise<void> {
    const mine = ++this.asked;
    const query = new URLSearchParams({ after: String(this.starts.at(-1)), limit: String(pageRows) });
    for (const [name, value] of new FormData(this.form)) if (value !== "") query.set(name, String(value));
    // A page looks at so many rows at most; with a rare filter the list goes on by itself until it has some.
    const rows: Row[] = [];
    try {
      do {
        const page = await get<Page>(`/api/samples?${query}`);
        if (mine !== this.asked) return;
        rows.push(...page.rows);
        this.next = page.next;
        if (this.next !== null) query.set("after", String(this.next));
      } while (rows.length === 0 && this.next !== null);
    } catch (error) {
      this.said.textContent = error instanceof Error ? error.message : "the samples could not be read";
      return;
    }
    this.back.disabled = this.starts.length === 1;
    this.forth.disabled = this.next === null;
    this.said.textContent = rows.length === 0 ? "Nothing fits this filter." : `#${rows[0]!.id} to #${rows.at(-1)!.id}, ${rows.length} shown`;
    this.list.replaceChildren(...rows.map((row) => this.row(row)));
    this.list.scrollTop = 0;
  }

  private row(row: Row): HTMLElement {
    const about = [row.kind || "of unknown kind", row.origin === "seed" ? "seed" : `round ${row.round}, ${row.origin}`, row.gap === null ? row.verdict : `${row.verdict}, gap ${signed(row.gap, 2)}`];
    return h("button", { type: "button", class: "row", click: (e) => { void this.show(row.id, e.currentTarget as HTMLElement); } },
      h("span", { class: "faint" }, `#${row.id} · ${about.filter((a) => a !== null).join(" · ")}`), h("span", { class: "line" }, row.text),
      h("span", { class: "line" }, h("span", { class: "who" }, "T "), row.teacher ?? "–"), h("span", { class: "line" }, h("span", { class: "who" }, "S "), row.student ?? "–"));
  }

  async show(id: number, chosen: HTMLElement | null = null): Promise<void> {
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    chosen?.setAttribute("aria-current", "true");
    try {
      this.detail.replaceChildren(...this.full(await get<Full>(`/api/sample?id=${id}`)));
    } catch (error) {
      this.detail.replaceChildren(note(error instanceof Error ? error.message : "it could not be read"));
    }
  }

  private full(s: Full): HTMLElement[] {
    const self = s.line[0]!;
    const students = s.answers.filter((a) => a.stage.includes("answer_")), other = s.answers.filter((a) => !a.stage.includes("answer_"));
    const stages = [...new Set(s.verdicts.map((v) => v.stage ?? ""))];
    const link = (of: number) => h("button", { type: "button", class: "link", click: () => { void this.show(of); } }, `#${of}`);
    const call = (key: string | null | undefined, label: string): Child => (key ? h("button", { type: "button", class: "link", click: (e) => { void this.call(key, e.currentTarget as HTMLElement); } }, label) : null);
    return [
      h("h3", {}, `#${s.id}`, s.verdict ? ` · ${s.verdict}${s.gap === null ? "" : `, gap ${signed(s.gap, 2)}`}` : ""), said(self.text),
      h("div", { class: "sides" },
        h("div", {}, h("h4", {}, "teacher"), said(s.teacher?.text ?? null), s.teacher ? h("p", { class: "faint" }, `${s.teacher.stage}, ${count(s.teacher.tokens)} tokens, ${s.teacher.finish} `, call(s.teacher.call, "its call")) : null, other.map((a) => [h("p", { class: "faint" }, a.stage), said(a.text)])),
        h("div", {}, h("h4", {}, "student"), students.length === 0 ? said(null) : students.map((a) => [h("p", { class: "faint" }, `${a.stage}, ${count(a.tokens)} tokens, ${a.finish}`), said(a.text)]))),
      h("h4", {}, "verdicts, teacher : student"),
      stages.length === 0 ? h("p", { class: "none" }, "not judged") : h("div", {}, stages.map((stage) => h("div", {}, h("p", { class: "faint" }, stage),
        s.verdicts.filter((v) => v.stage === stage).map((v) => h("div", { class: "order" }, verdictLines({ verdicts: [v] }), v.words ? said(v.words) : null, call(v.call, "its call")))))),
      h("h4", {}, "from its seed to the training"),
      h("ol", { class: "lineage" }, [...s.line].reverse().map((l) => h("li", {}, h("p", { class: "faint" }, l.stage, " · ", l.origin, " · ", l.id === s.id ? `#${l.id}` : link(l.id), " ", call(l.written_by, "the call that wrote it")), said(l.text))),
        h("li", {}, s.trained_in ? `answered in ${s.teacher!.stage}, first trained on in ${s.trained_in}; later rounds may have replayed it` : s.teacher ? `answered in ${s.teacher.stage}; no training of the store is known to have drawn it first` : "it has no answer of the teacher's, so no training had it"),
        s.drops.map((d) => h("li", {}, `left ${d.stage}: ${d.reason}`, d.detail ? said(d.detail) : null))),
      s.written.length === 0 ? h("p", { class: "faint" }, "Nothing was written from it.") : h("div", {}, h("h4", {}, "written from it"), s.written.map((w) => h("p", {}, link(w.id), ` ${w.origin}: `, w.text))),
    ];
  }

  private async call(key: string, button: HTMLElement): Promise<void> {
    try {
      const c = await get<Call>(`/api/call?key=${key}`);
      const pretty = (text: string) => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
      button.replaceWith(h("details", { open: true }, h("summary", {}, `${c.role} at ${c.endpoint}: ${c.http_status}, sent ${count(c.attempts)}×, ${count(c.latency_ms)} ms, ${count(c.tokens_in)} + ${count(c.tokens_out)} tokens`),
        h("h4", {}, "request"), said(pretty(c.request)), h("h4", {}, "reply"), said(c.error || pretty(c.reply))));
    } catch (error) {
      button.replaceWith(note(error instanceof Error ? error.message : "it could not be read"));
    }
  }
}
