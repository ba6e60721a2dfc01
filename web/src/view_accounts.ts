// Money, calls, stages, and where every row went.
import { barChart } from "./chart";
import { card, type Child, h, section, table } from "./dom";
import type { Calls, Progress, Run } from "./figures";
import { bytes, count, decimal, duration, money, percent, short } from "./text";

// What a rate of tokens is known from: the stage at work, or the newest training.
function speed(run: Run, progress: Progress | null): string | null {
  const said = /([\d,.]+) tokens\/s/.exec(progress?.live?.detail ?? "");
  if (said) return `${short(Number(said[1]!.replaceAll(",", "")))}`;
  const trained = run.arms.flatMap((arm) => arm.rounds).flatMap((r) => (r.training?.seconds ? [r.training] : [])).at(-1);
  return trained ? short(trained.tokens / trained.seconds!) : null;
}

function health(run: Run, progress: Progress | null): { word: string; why: string; good: boolean } {
  const failed = run.roles.reduce((sum, r) => sum + r.failed, 0), state = progress?.state ?? run.state;
  const silent = progress?.live?.silent_seconds ?? 0;
  if (state === "stopped") return { word: "stopped", why: run.unknown_calls > 0 ? `${count(run.unknown_calls)} calls of unknown outcome; run it again to go on` : "run it again to go on", good: false };
  if (state === "running" && silent > 120) return { word: "silent", why: `nothing was said for ${duration(silent)}`, good: false };
  return { word: state === "running" ? "working" : "whole", why: failed > 0 ? `${count(failed)} calls failed for good` : "no call failed for good", good: failed === 0 };
}

// The strip over every view.
export function strip(run: Run, progress: Progress | null): HTMLElement {
  const state = progress?.state ?? run.state, live = progress?.live;
  const round = progress?.round ?? run.arms[0]?.rounds.at(-1)?.round ?? null;
  const cards: Child[] = [card("round", round === null ? "–" : `${round}${run.rounds_planned === null ? "" : ` of ${run.rounds_planned}`}`, state)];
  if (state === "running") {
    const stage = live?.stage ?? progress?.stage ?? "starting";
    cards.push(card("stage", stage, live && live.all > 0 ? `${count(live.done)} of ${count(live.all)} (${percent(live.done / live.all, 0)})${live.detail ? "; " + live.detail : ""}` : live?.detail ?? ""));
    const left = progress?.stage_seconds_left, all = progress?.all_seconds_left;
    cards.push(card("time left", all === null || all === undefined ? "not known yet" : duration(all), left === null || left === undefined ? (all === null ? "known after the first whole round" : "if rounds go on as the last") : `this stage ${duration(left)}`));
  } else {
    cards.push(card("the loop's time", duration(run.seconds), run.arms.length > 1 ? "control included" : ""));
    if (run.chosen) cards.push(card("the student you get", `round ${run.chosen.round}`, run.chosen.why));
  }
  const m = run.money;
  if (m) {
    const more = [progress?.projected != null ? `${money(progress.projected, m.currency)} projected` : null, m.cap === null ? "no cap" : `of ${money(m.cap, m.currency)} at most`];
    cards.push(card("spent", money(m.spent, m.currency), more.filter(Boolean).join(", ")));
  } else {
    cards.push(card("spent", "no prices", `${short(run.roles.reduce((s, r) => s + r.tokens_in + r.tokens_out, 0))} tokens`));
  }
  const h_ = health(run, progress);
  cards.push(h("div", { class: `card ${h_.good ? "good" : "poor"}` }, h("dt", {}, "health"), h("dd", { class: "big" }, h_.word), h("dd", { class: "more" }, h_.why)));
  const rate = speed(run, progress);
  if (rate) cards.push(card("tokens a second", rate, "training"));
  if (live?.memory_bytes) cards.push(card("memory", bytes(live.memory_bytes), "resident"));
  return h("dl", { class: "cards", "aria-label": "the run at a glance" }, cards);
}

const callHeads = ["calls done", "failed", "sent again", "tokens in", "of them cached", "tokens out"];
const callCells = (c: Calls): Child[] => [count(c.done), count(c.failed), count(c.sent_again), count(c.tokens_in), count(c.tokens_cached), count(c.tokens_out)];

function sum(rows: Calls[]): Calls {
  const total: Calls = { role: "all", done: 0, failed: 0, sent_again: 0, tokens_in: 0, tokens_out: 0, tokens_cached: 0, cost: 0 };
  for (const row of rows) for (const key of ["done", "failed", "sent_again", "tokens_in", "tokens_out", "tokens_cached", "cost"] as const) total[key] += row[key];
  return total;
}

export function moneyView(run: Run): HTMLElement | null {
  if (run.roles.length === 0) return null;
  const m = run.money, cost = (c: Calls): Child[] => (m ? [money(c.cost, m.currency)] : []);
  const kept = m?.per_example != null ? money(m.per_example, m.currency) : null;
  const cards = m ? h("dl", { class: "cards" }, card("spent", money(m.spent, m.currency), m.cap === null ? "no cap" : `of ${money(m.cap, m.currency)} at most`), kept ? card("per kept example", kept, "spent ÷ instructions with the teacher's answer") : null,
    card("on its way", money(m.reserved, m.currency), "at most"), card("of unknown outcome", money(m.unknown, m.currency), "at most; the server may have charged it")) : null;
  const value = (c: Calls) => (m ? c.cost : c.tokens_in + c.tokens_out);
  const roles = run.roles.map((r) => r.role);
  const chart = barChart(m ? "Cost by stage" : "Tokens by stage", m ? "What the replies that are stored cost." : "No endpoint has a price in the run file, so tokens stand for money; in and out together.", { x: "stage", y: m ? m.currency : "tokens" },
    run.stage_calls.map((c) => ({ x: c.stage!, y: value(c), series: c.role, tip: `${c.stage}, ${c.role}: ${m ? money(c.cost, m.currency) : count(value(c)) + " tokens"}` })), { series: roles, lying: true });
  const rows = run.roles.map((r): Child[] => [r.role, ...callCells(r), count(r.unknown), ...cost(r)]);
  if (rows.length > 1) {
    const total = sum(run.roles);
    rows.push(["all", ...callCells(total), count(run.roles.reduce((s, r) => s + r.unknown, 0)), ...cost(total)]);
  }
  const figures = (heads: string[]) => heads.map((head) => ({ head, figure: true }));
  return section("What was asked and paid for", cards, h("div", { class: "charts" }, chart),
    table("Per role. Sent again: attempts beyond a call's first. Unknown: sent, but the process ended before the reply was stored; the server may have charged it.", [{ head: "role" }, ...figures([...callHeads, "unknown", ...(m ? ["cost"] : [])])], rows),
    table("Per stage and role.", [{ head: "stage" }, { head: "role" }, ...figures([...callHeads, ...(m ? ["cost"] : [])])], run.stage_calls.map((c): Child[] => [c.stage!, c.role, ...callCells(c), ...cost(c)])));
}

export function rows(run: Run): HTMLElement | null {
  if (run.stages.length === 0) return null;
  const why = (drops: Record<string, number>) => Object.entries(drops).map(([reason, n]) => `${count(n)} ${reason}`).join("; ");
  return section("Where every row went", table("Rows per stage: in = ok + dropped (by a rule) + failed (by an error).",
    [{ head: "stage" }, ...["in", "ok", "dropped", "failed", "seconds"].map((head) => ({ head, figure: true })), { head: "why" }],
    run.stages.map((s): Child[] => (s.finished ? [s.name, count(s.in), count(s.ok), count(s.dropped), count(s.failed), s.seconds === null ? "" : decimal(s.seconds, 1), why(s.drops)] : [s.name, "", "", "", "", "at work", why(s.drops)]))));
}
