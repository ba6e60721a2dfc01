// The page: a report where the data came with it, else the dashboard of the server that it came from.
import "./style.css";
import { beginSession, get, Refused } from "./api";
import { add, h, note } from "./dom";
import type { Progress, Report, Run } from "./figures";
import { opening, showReport } from "./report";
import { moneyView, rows, strip } from "./view_accounts";
import { chat } from "./view_chat";
import { curriculum } from "./view_curriculum";
import { benchmarks } from "./view_evals";
import { learning, referee, skills, tasks } from "./view_quality";
import { runs } from "./view_runs";
import { SamplesView } from "./view_samples";
import { tokens } from "./view_tokens";
import { training } from "./view_training";

type View = (run: Run) => (HTMLElement | null)[];
// Live ones are drawn anew when the run has gone on; the others hold what a user has typed or chosen.
const views: Record<string, { title: string; live: boolean; draw: View }> = {
  overview: { title: "Overview", live: true, draw: (run) => [learning(run), rows(run)] },
  quality: { title: "Quality", live: true, draw: (run) => [referee(run), tasks(run), skills(run)] },
  money: { title: "Money", live: true, draw: (run) => [moneyView(run)] },
  curriculum: { title: "Curriculum", live: true, draw: (run) => [curriculum(run)] },
  training: { title: "Training", live: true, draw: (run) => [training(run), tokens(run)] },
  benchmarks: { title: "Benchmarks", live: true, draw: (run) => [benchmarks(run)] },
  samples: { title: "Samples", live: false, draw: (run) => [new SamplesView(run).element] },
  runs: { title: "Runs", live: false, draw: (run) => [runs(run.name)] },
  chat: { title: "Chat", live: false, draw: (run) => [chat(run.evidence.pools.reduce((sum, p) => sum + p.rows, 0))] },
};

class Page {
  private run: Run | null = null;
  private progress: Progress | null = null;
  private shown = "";
  private version = -1;
  private reading = false;
  private readonly head = h("div", {});
  private readonly strip = h("div", {});
  private readonly main = h("main", { id: "main", tabindex: -1 });
  private readonly line = h("p", { class: "line-state", role: "status" });
  private readonly nav = h("nav", { "aria-label": "views" }, Object.entries(views).map(([name, view]) => h("a", { href: `#/${name}` }, view.title)));

  start(): void {
    add(document.body, [h("div", { class: "top" }, h("a", { href: "#main", class: "skip", click: (e) => { e.preventDefault(); this.main.focus(); } }, "Skip to the figures"), this.head, this.strip, this.nav, this.line), this.main]);
    window.addEventListener("hashchange", () => this.show());
    void this.read();
    this.listen();
  }

  private listen(): void {
    const events = new EventSource("/api/events");
    events.addEventListener("progress", (event) => {
      this.line.textContent = "";
      this.progress = JSON.parse((event as MessageEvent<string>).data) as Progress;
      this.showStrip();
      if (this.progress.version !== this.version) void this.read();
    });
    events.addEventListener("error", () => { this.line.textContent = "The server does not answer; what is shown is as of its last word. Trying again …"; });
  }

  private async read(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      const version = this.progress?.version ?? -1;
      this.run = await get<Run>("/api/run");
      this.version = version;
      this.show();
    } catch (error) {
      this.line.textContent = error instanceof Error ? error.message : "the run could not be read";
    }
    this.reading = false;
  }

  private showStrip(): void {
    if (this.run) this.strip.replaceChildren(strip(this.run, this.progress));
  }

  private show(): void {
    if (!this.run) return;
    const name = location.hash.slice(2) in views ? location.hash.slice(2) : "overview", view = views[name]!;
    document.title = `${this.run.name}: ${view.title} · Retort`;
    this.head.replaceChildren(opening(this.run));
    this.showStrip();
    for (const link of this.nav.children) if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    if (this.shown === name && !view.live) return;
    const at = this.shown === name ? window.scrollY : 0;
    // The old height is kept until the charts have drawn themselves, so that the page does not jump.
    this.main.style.minHeight = this.shown === name ? `${this.main.offsetHeight}px` : "";
    const parts = view.draw(this.run).filter((part) => part !== null);
    this.main.replaceChildren(...(parts.length > 0 ? parts : [note("The run has nothing for this view yet.")]));
    this.shown = name;
    window.scrollTo(0, at);
    requestAnimationFrame(() => requestAnimationFrame(() => { this.main.style.minHeight = ""; }));
  }
}

async function begin(): Promise<void> {
  const data = document.getElementById("report");
  if (data) return showReport(JSON.parse(data.textContent ?? "") as Report);
  try {
    await beginSession();
    await get<Progress>("/api/progress");
    new Page().start();
  } catch (error) {
    const why = error instanceof Refused || error instanceof Error ? error.message : "the server does not answer";
    add(document.body, [h("main", {}, h("h1", {}, "Retort"), h("p", {}, why))]);
  }
}
void begin();
