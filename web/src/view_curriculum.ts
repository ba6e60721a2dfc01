// Pools, mix and drops: what the rounds were written about.
import { barChart, heatTable, type HeatRow, series } from "./chart";
import { type Child, h, section, table } from "./dom";
import { type Pool, type Run, splitKind } from "./figures";
import { count, decimal, percent } from "./text";

const rowsMax = 40;

// What a kind is counted under: its domain, or itself where it has none.
function grouping(run: Run): (kind: string) => string {
  const domains = new Map(Object.entries(run.domains).flatMap(([domain, skills]) => skills.map((skill) => [skill, domain] as const)));
  return (kind) => (kind === "" ? "of unknown kind" : domains.get(splitKind(kind).skill) ?? splitKind(kind).skill);
}

function shares(pool: Pool, group: (kind: string) => string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [kind, n] of Object.entries(pool.kinds)) found.set(group(kind), (found.get(group(kind)) ?? 0) + n);
  return found;
}

function mix(run: Run, group: (kind: string) => string): HTMLElement {
  const pools = run.evidence.pools, counts = pools.map((pool) => shares(pool, group));
  const total = new Map<string, number>();
  for (const of of counts) for (const [label, n] of of) total.set(label, (total.get(label) ?? 0) + n);
  const known = [...Object.keys(run.domains), ...[...total.keys()].filter((l) => !(l in run.domains)).sort((a, b) => total.get(b)! - total.get(a)!)].filter((l) => total.has(l));
  const labels = known.slice(0, rowsMax);
  const row = (label: string, n: (i: number) => number): HeatRow => ({ label, cells: pools.map((pool, i) => ({ value: pool.rows === 0 ? 0 : n(i) / pool.rows, tip: `${label}: ${count(n(i))} of ${count(pool.rows)}` })) });
  const rows = labels.map((label) => row(label, (i) => counts[i]!.get(label) ?? 0));
  if (known.length > labels.length) rows.push(row("other", (i) => known.slice(rowsMax).reduce((s, l) => s + (counts[i]!.get(l) ?? 0), 0)));
  const levels = pools.map((pool) => shares(pool, (kind) => splitKind(kind).level));
  const names = [...new Set(levels.flatMap((of) => [...of.keys()]))].filter((l) => l !== "").sort();
  if (names.length > 1) rows.push({ label: "level", head: true, cells: [] }, ...names.map((name) => row(`level ${name}`, (i) => levels[i]!.get(name) ?? 0)));
  const full = Math.max(0.01, ...rows.flatMap((r) => r.cells.map((c) => c.value ?? 0)));
  const groups: { label: string; columns: string[] }[] = [];
  for (const pool of pools) {
    const label = pool.round === 0 ? "seeds" : pool.arm;
    if (groups.at(-1)?.label !== label) groups.push({ label, columns: [] });
    groups.at(-1)!.columns.push(pool.round === 0 ? "" : String(pool.round));
  }
  return heatTable("The task mix before (seeds) and after: percent of the rows that each round brought, by domain and level (or by task).", groups, rows, { full });
}

function poolTable(run: Run): HTMLElement {
  const hard = new Set(run.hard_kinds);
  return table("Rows that each stage brought, by where they came from.",
    [{ head: "arm" }, ...["round", "rows", "from hard", "from easy", "from any", "of the hard third's kinds"].map((head) => ({ head, figure: true }))],
    run.evidence.pools.map((p): Child[] => {
      const of = Object.entries(p.kinds).reduce((s, [kind, n]) => s + (hard.has(kind) ? n : 0), 0);
      return [p.round === 0 ? "seeds" : p.arm, String(p.round), count(p.rows), count(p.origins["hard"]), count(p.origins["easy"]), count(p.origins["same"]), hard.size === 0 || p.rows === 0 ? "" : percent(of / p.rows)];
    }));
}

function tapir(run: Run): Child {
  const views = run.evidence.curricula;
  if (views.length === 0) return null;
  const names = [...new Set(views.flatMap((v) => Object.keys(v.metrics)))];
  return table("TAPIR's curriculum: alpha is the share of hard ones that a round trains on.", [{ head: "round" }, ...names.map((head) => ({ head: head.replaceAll("_", " "), figure: true }))],
    views.map((v): Child[] => [String(v.round), ...names.map((n) => { const value = v.metrics[n]; return value === undefined ? "" : Number.isInteger(value) ? count(value) : decimal(value, 3); })]));
}

export function curriculum(run: Run): HTMLElement | null {
  if (run.evidence.pools.length === 0) return null;
  const judged = run.arms[0]!.rounds.filter((r) => r.hard !== null);
  const pools = barChart("Hard and easy", "The pool that each round judged, as the referee split it.", { x: "round", y: "instructions" },
    judged.flatMap((r) => (["hard", "easy", "unjudged"] as const).map((part) => ({ x: r.round, y: r[part] ?? 0, series: part, tip: `round ${r.round}: ${count(r[part])} ${part}` }))), { series: ["hard", "easy", "unjudged"], colors: ["var(--lose)", "var(--win)", "var(--tie)"] });
  const lost = new Map<string, number>();
  for (const s of run.stages) for (const [reason, n] of Object.entries(s.drops)) lost.set(reason, (lost.get(reason) ?? 0) + n);
  const known = [...lost.keys()].sort((a, b) => lost.get(b)! - lost.get(a)!), other = "other reasons";
  const reasons = known.length <= series.length ? known : [...known.slice(0, series.length - 1), other];
  const named = (reason: string) => (reasons.includes(reason) ? reason : other);
  const dropping = run.stages.filter((s) => Object.keys(s.drops).length > 0);
  const drops = barChart("What left, and why", "Rows that each stage dropped by a rule or lost to an error.", { x: "stage", y: "rows" },
    dropping.flatMap((s) => Object.entries(s.drops).map(([reason, n]) => ({ x: s.name, y: n, series: named(reason), tip: `${s.name}: ${count(n)} ${reason}` }))), { series: reasons, lying: true });
  return section("What was written, and what left", h("div", { class: "charts" }, pools, drops), mix(run, grouping(run)), poolTable(run), tapir(run));
}
