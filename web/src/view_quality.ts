// What the student learned, what the referee saw, task by task and skill by skill.
import { arms, barChart, heatTable, type HeatRow, type Line, lineChart, type Point } from "./chart";
import { type Child, h, note, section, table } from "./dom";
import { type Arm, type Estimate, type Num, type Round, type Run, splitKind } from "./figures";
import { count, decimal, estimate, percent, signed } from "./text";

interface Measure {
  title: string;
  caption: string;
  y: string;
  percent: boolean;
  value: (round: Round) => Estimate;
}
const single = (value: Num): Estimate => (value === null ? null : [value]);
const measures: Measure[] = [
  { title: "Exact, all kinds", caption: "Held-out instructions answered exactly, every kind counting the same.", y: "answered exactly, %", percent: true, value: (r) => r.exact_all },
  { title: "Exact, hard third", caption: "The third of the kinds on which the student was worst after round 0.", y: "answered exactly, %", percent: true, value: (r) => r.exact_hard },
  { title: "Exact, as the seeds are mixed", caption: "The same, weighted by how often each kind is among the seeds; without an interval.", y: "answered exactly, %", percent: true, value: (r) => r.exact_pool },
  { title: "Held-out loss", caption: "Cross-entropy of the teacher's answers to held-out instructions; lower is better.", y: "nats per token", percent: false, value: (r) => single(r.heldout_loss) },
];

export function points(arm: Arm, value: (round: Round) => Estimate, isPercent: boolean): Point[] {
  return arm.rounds.flatMap((round) => {
    const e = value(round);
    if (e === null) return [];
    const written = isPercent ? estimate(e) : decimal(e[0]!, 3);
    return [{ x: round.round, y: e[0]!, low: e[1], high: e[2], tip: `${arm.name}, round ${round.round}: ${written}` }];
  });
}

export function learning(run: Run): HTMLElement | null {
  const charts = measures.map((m) => {
    const lines: Line[] = run.arms.map((arm) => ({ label: arm.name, points: points(arm, m.value, m.percent) }));
    // A control repeats the shared round 0; a line of its own it has from round 1 on.
    const drawn = lines.filter((line, i) => i === 0 || line.points.some((p) => p.x > 0));
    return lineChart(m.title, m.caption, { x: "round", y: m.y, percent: m.percent, wholeX: true }, drawn, arms);
  });
  if (charts.every((chart) => chart === null)) return null;
  return section("What the student learned", difference(run), h("div", { class: "charts" }, charts), roundsTable(run));
}

function difference(run: Run): Child {
  const d = run.difference;
  if (d === null || d.all === null) return null;
  const written = (e: Estimate) => `${signed(e![0]! * 100)} points [${signed(e![1]! * 100)}, ${signed(e![2]! * 100)}]`;
  return h("p", {}, `After round ${d.round}, `, h("b", { class: "main" }, run.arms[0]!.name), " minus ", h("b", { class: "control" }, run.arms[1]!.name),
    `: ${written(d.all)} over ${d.kinds} kinds${d.hard ? `; ${written(d.hard)} on the hard third` : ""}. Intervals: 95 %, paired bootstrap over kinds. `,
    "They speak of this one run; how much runs differ, only runs with other seeds can tell.");
}

function roundsTable(run: Run): HTMLElement {
  const heads = ["arm", "round", "teacher's answers", "exact, all", "exact, hard third", "exact, as seeds", "held-out loss", "hard", "easy", "unjudged", "student preferred", "answer's length"];
  const rows = run.arms.flatMap((arm, i) => arm.rounds.map((r): Child[] => [
    h("span", { class: i === 0 ? "main" : "control" }, arm.name), String(r.round), count(r.answers), estimate(r.exact_all), estimate(r.exact_hard), estimate(r.exact_pool),
    r.heldout_loss === null ? "" : decimal(r.heldout_loss, 3), count(r.hard), count(r.easy), count(r.unjudged), estimate(r.preferred), r.length === null ? "" : decimal(r.length, 1)]));
  return table("Scores are of the student that the round made; hard, easy, unjudged and preferred are the referee's, of the student that entered it. ± is half of Wilson's 95 % interval.",
    heads.map((head, i) => ({ head, figure: i > 0 })), rows);
}

export function referee(run: Run): HTMLElement | null {
  const gaps = run.evidence.gaps;
  if (gaps.length === 0) return null;
  const main = run.arms[0]!;
  const judged = main.rounds.filter((r) => r.preferred !== null);
  const shares = judged.flatMap((r) => [
    { x: r.round, y: r.preferred![0]!, series: "preferred", tip: `round ${r.round}: preferred ${estimate(r.preferred)}` },
    { x: r.round, y: r.tie ?? 0, series: "even", tip: `round ${r.round}: even ${percent(r.tie ?? 0)}` },
    { x: r.round, y: r.behind ?? 0, series: "behind", tip: `round ${r.round}: behind ${percent(r.behind ?? 0)}` }]);
  const charts: Child[] = [barChart("The student beside the teacher", "Of the pairs with scores, by the student that entered the round.", { x: "round", y: "share of pairs, %", percent: true }, shares,
    { series: ["preferred", "even", "behind"], colors: ["var(--win)", "var(--tie)", "var(--lose)"] })];
  for (const gap of gaps) {
    if (gap.bins.length === 0) continue;
    const hard = gap.bins.reduce((sum, [at, n]) => sum + (gap.threshold !== null && at >= gap.threshold ? n : 0), 0);
    const low = gap.bins[0]![0], high = gap.bins[gap.bins.length - 1]![0], of = new Map(gap.bins);
    const bars = [];
    for (let at = low; at <= high; at += 0.5) bars.push({ x: at, y: of.get(at) ?? 0, strong: gap.threshold !== null && at >= gap.threshold, tip: `gap ${at}: ${count(of.get(at) ?? 0)} pairs` });
    const split = gap.threshold === null ? "" : ` ${count(hard)} hard (gap ≥ ${gap.threshold}, darker), ${count(gap.judged - hard)} easy;`;
    charts.push(barChart(`Score gaps, round ${gap.round}`, `${count(gap.judged)} judged:${split} ${count(gap.unjudged)} unjudged.`, { x: "gap: teacher's score − student's, points of 10", y: "pairs" }, bars));
  }
  const sweep = gaps[gaps.length - 1]!;
  charts.push(barChart(`Hard pairs by threshold, round ${sweep.round}`, "Counted from the stored verdicts; the run's own threshold is darker.", { x: "threshold τ, points of 10", y: "hard pairs" },
    sweep.sweep.map(([at, n]) => ({ x: at, y: n, strong: at === sweep.threshold, tip: `τ = ${at}: ${count(n)} hard` }))));
  const disagreement = main.rounds.filter((r) => r.disagreement !== null).map((r) => ({ x: r.round, y: r.disagreement!, tip: `round ${r.round}: ${percent(r.disagreement!)}` }));
  charts.push(lineChart("The orders disagree", "Pairs of which one order prefers the student and the other the teacher; a referee that reads only the content has none.", { x: "round", y: "share of pairs, %", percent: true, wholeX: true, zero: true }, [{ label: "main", points: disagreement }], arms));
  const lengths = run.evidence.lengths;
  charts.push(lineChart("Length of the answers", "Mean characters of the answers to what was judged. A referee may like long ones.", { x: "round", y: "characters", wholeX: true, zero: true }, [
    { label: "student", points: lengths.map((l) => ({ x: l.round, y: l.student, tip: `round ${l.round}: student ${decimal(l.student, 1)}` })) },
    { label: "teacher", points: lengths.map((l) => ({ x: l.round, y: l.teacher, tip: `round ${l.round}: teacher ${decimal(l.teacher, 1)}` })) }], arms));
  return section("What the referee saw", note("Each pair is judged in both orders; a gap is the mean of the orders that gave scores. A pair without scores is unjudged and counts on neither side."), h("div", { class: "charts" }, charts));
}

const tasksMax = 60;
export function tasks(run: Run): HTMLElement | null {
  const all = run.evidence.tasks;
  if (all.length === 0) return null;
  const rounds = [...new Set(all.map((t) => t.round))].sort((a, b) => a - b);
  const of = new Map(all.map((t) => [`${t.round} ${t.task}`, t]));
  const pairs = (task: string) => rounds.reduce((sum, r) => { const t = of.get(`${r} ${task}`); return sum + (t ? t.wins + t.ties + t.losses : 0); }, 0);
  const names = [...new Set(all.map((t) => t.task))].sort((a, b) => pairs(b) - pairs(a)).slice(0, tasksMax);
  const newest = rounds[rounds.length - 1]!;
  const gapOf = (task: string) => of.get(`${newest} ${task}`)?.gap?.[0] ?? -Infinity;
  names.sort((a, b) => gapOf(b) - gapOf(a));
  const rows = names.map((name): Child[] => [name || "of unknown kind", ...rounds.flatMap((r): Child[] => {
    const t = of.get(`${r} ${name}`);
    if (!t) return ["", ""];
    return [t.gap ? `${signed(t.gap[0]!, 2)} ±${decimal((t.gap[2]! - t.gap[1]!) / 2, 2)}` : "too few", `${count(t.wins)} / ${count(t.ties)} / ${count(t.losses)}`];
  })]);
  return section("Task by task", table(`Mean gap (teacher's score − student's, ± half of Student's 95 % interval) and pairs won / even / lost by the student; the widest gap of round ${newest} first.${names.length === tasksMax ? ` The ${tasksMax} most frequent tasks.` : ""}`,
    [{ head: "task" }, ...rounds.flatMap((r) => [{ head: `gap, round ${r}`, figure: true }, { head: "won / even / lost", figure: true }])], rows));
}

export function skills(run: Run): HTMLElement | null {
  const columns = run.arms[0]!.rounds.filter((r) => Object.keys(r.kinds).length > 0).map((round) => ({ label: `round ${round.round}`, round }));
  if (columns.length === 0) return null;
  const control = run.arms[1]?.rounds.filter((r) => r.round > 0 && Object.keys(r.kinds).length > 0).at(-1);
  const first = columns[0]!.round, newest = columns[columns.length - 1]!.round;
  if (control) columns.push({ label: `${run.arms[1]!.name} ${control.round}`, round: control });
  const levels = [...new Set(columns.flatMap((c) => Object.keys(c.round.kinds).map((k) => splitKind(k).level)))].sort();
  const present = new Set(columns.flatMap((c) => Object.keys(c.round.kinds).map((k) => splitKind(k).skill)));
  const hard = new Set(run.hard_kinds);
  const rowOf = (skill: string): HeatRow => {
    const kinds = levels.map((level) => (level === "" ? skill : `${skill}/${level}`));
    const gains = kinds.flatMap((k) => { const a = first.kinds[k], b = newest.kinds[k]; return a && b ? [b[0]! - a[0]!] : []; });
    return {
      label: skill,
      cells: columns.flatMap((c) => kinds.map((kind) => { const e = c.round.kinds[kind] ?? null; return { value: e === null ? null : e[0]!, tip: `${kind}, ${c.label}: ${estimate(e)}`, marked: hard.has(kind) }; })),
      remark: first === newest || gains.length === 0 ? "" : signed((gains.reduce((a, b) => a + b, 0) / gains.length) * 100, 0),
    };
  };
  const grouped = new Set(Object.values(run.domains).flat());
  const rows: HeatRow[] = Object.entries(run.domains).flatMap(([domain, names]) => {
    const kept = names.filter((name) => present.has(name));
    return kept.length === 0 ? [] : [{ label: domain, head: true, cells: [] }, ...kept.map(rowOf)];
  });
  rows.push(...[...present].filter((skill) => !grouped.has(skill)).sort().map(rowOf));
  return section("Skill by skill", heatTable("Percent answered exactly, held-out instructions. Columns within a round are levels. Outlined: the hard third, fixed after round 0. Last column: points gained from the first round to the last.",
    columns.map((c) => ({ label: c.label, columns: levels.map((l) => l || "all") })), rows, { remark: "gain" }));
}

