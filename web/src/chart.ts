// Charts: Observable Plot draws SVG, which prints as sharp as text and takes its colours from the style sheet. Every chart has a
// caption, a description for those who cannot see it, and series that differ in dash and symbol, not in colour alone.
import * as Plot from "@observablehq/plot";
import { type Child, h } from "./dom";
import { visible } from "./text";

export const arms = ["var(--main)", "var(--control)"];
export const series = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `var(--s${i})`);
const dashes = ["", "6 4", "2 3", "8 3 2 3", "1 2", "10 4"];
const symbols = ["circle", "square", "triangle", "diamond", "star", "wye"] as const;

export interface Point {
  x: number;
  y: number;
  low?: number | undefined;
  high?: number | undefined;
  tip?: string;
}
export interface Line {
  label: string;
  points: Point[];
}
interface Axes {
  x: string;
  y: string;
  percent?: boolean;
  wholeX?: boolean;
  zero?: boolean;
  log?: boolean;
}

// A figure that draws itself as wide as it is given room, and anew when that changes.
export function figure(title: string, caption: Child, description: string, draw: (width: number) => SVGSVGElement | HTMLElement): HTMLElement {
  const place = h("div", { class: "plot" });
  let drawn = 0;
  const redraw = () => {
    const width = Math.min(Math.floor(place.clientWidth) || 460, 900);
    if (Math.abs(width - drawn) < 8) return;
    drawn = width;
    const plot = draw(width);
    // Plot puts a style element of its own into each chart; the page's policy allows none, so the style sheet has these rules.
    plot.querySelectorAll("style").forEach((style) => style.remove());
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", visible(description));
    for (const inner of plot.querySelectorAll("[aria-label]")) inner.removeAttribute("aria-label");
    place.replaceChildren(plot);
  };
  new ResizeObserver(redraw).observe(place);
  return h("figure", {}, h("figcaption", {}, h("b", {}, title + "."), " ", caption), place);
}

function legend(lines: { label: string }[], colors: string[]): HTMLElement | null {
  if (lines.length < 2) return null;
  return h("div", { class: "legend" }, lines.map((line, i) => {
    const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    swatch.setAttribute("viewBox", "0 0 26 10");
    swatch.setAttribute("class", "swatch");
    swatch.setAttribute("aria-hidden", "true");
    const stroke = document.createElementNS("http://www.w3.org/2000/svg", "line");
    for (const [name, value] of Object.entries({ x1: "0", x2: "26", y1: "5", y2: "5", "stroke-width": "2.5", "stroke-dasharray": dashes[i % 6]! })) stroke.setAttribute(name, value);
    stroke.style.stroke = colors[i % colors.length]!;
    swatch.append(stroke);
    return h("span", {}, swatch, line.label);
  }));
}

// A small step count makes whole rounds the ticks.
function wholeTicks(points: Point[]): number[] {
  const xs = points.map((p) => p.x);
  const low = Math.min(...xs), high = Math.max(...xs), step = Math.max(1, Math.ceil((high - low) / 10));
  const ticks = [];
  for (let x = low; x <= high; x += step) ticks.push(x);
  return ticks;
}

export function lineChart(title: string, caption: string, axes: Axes, lines: Line[], colors: string[] = series): HTMLElement | null {
  const kept = lines.filter((line) => line.points.length > 0);
  if (kept.length === 0) return null;
  const all = kept.flatMap((line) => line.points);
  const isDense = all.length > 60;
  const marks = (): Plot.Markish[] => [
    axes.zero ? Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }) : null,
    kept.map((line, i) => [
      Plot.ruleX(line.points.filter((p) => p.low !== undefined), { x: "x", y1: "low", y2: "high", stroke: colors[i % colors.length]!, strokeWidth: 1.5, strokeOpacity: 0.7 }),
      Plot.lineY(line.points, { x: "x", y: "y", stroke: colors[i % colors.length]!, strokeWidth: isDense ? 1.5 : 2, strokeDasharray: dashes[i % 6]! }),
      isDense ? null : Plot.dot(line.points, { x: "x", y: "y", fill: colors[i % colors.length]!, symbol: symbols[i % 6]!, r: 4, title: (p: Point) => visible(p.tip ?? `${line.label}: ${p.y}`) }),
    ]),
  ].flat(3).filter((mark) => mark !== null) as Plot.Markish[];
  const made = figure(title, caption, `${title}: ${axes.y} by ${axes.x}`, (width) => Plot.plot({
    width, height: Math.round(Math.min(280, 150 + width * 0.22)), marginLeft: 48, marginBottom: 38, marginRight: 16, marginTop: 22,
    x: { label: axes.x, nice: false, inset: isDense ? 0 : 12, ...(axes.wholeX ? { ticks: wholeTicks(all), tickFormat: "d" } : {}) },
    y: { label: axes.y, grid: true, ticks: 5, percent: axes.percent ?? false, ...(axes.log ? { type: "log" as const } : { nice: true }), ...(axes.log ? {} : { zero: false }) },
    marks: marks(),
  }));
  const keys = legend(kept, colors);
  if (keys) made.append(keys);
  return made;
}

export interface Bar {
  x: number | string;
  y: number;
  series?: string;
  strong?: boolean;
  tip?: string;
}
// Bars stacked by series; `strong` ones stand out where there is one series. `lying` ones have room for long names.
export function barChart(title: string, caption: string, axes: Axes & { percent?: boolean }, bars: Bar[], options: { series?: string[]; colors?: string[]; lying?: boolean } = {}): HTMLElement | null {
  if (bars.length === 0) return null;
  const names = options.series ?? [], colors = options.colors ?? series;
  const fill = (bar: Bar) => (bar.series === undefined ? (bar.strong ? "var(--main)" : "var(--main-soft)") : colors[names.indexOf(bar.series) % colors.length]!);
  const domain = [...new Set(bars.map((bar) => bar.x))];
  const order = names.length > 0 ? (bar: Bar) => names.indexOf(bar.series ?? "") : null;
  const title_ = (bar: Bar) => visible(bar.tip ?? `${bar.x}: ${bar.y}`);
  const rule = { stroke: "currentColor" };
  const made = figure(title, caption, `${title}: ${axes.y} by ${axes.x}`, (width) => {
    if (options.lying) {
      const longest = Math.max(...domain.map((name) => String(name).length));
      return Plot.plot({
        width, height: 54 + domain.length * 17, marginLeft: Math.min(width / 2, 14 + longest * 6.4), marginBottom: 36, marginTop: 6,
        y: { type: "band", domain, label: null, padding: 0.2, tickFormat: (name: string) => visible(name), tickSize: 0 },
        x: { label: axes.y, grid: true, ticks: Math.max(2, Math.floor(width / 110)), tickFormat: "~s" },
        marks: [Plot.barX(bars, { y: "x", x: "y", fill, order, title: title_ } as Plot.BarXOptions), Plot.ruleX([0], rule)],
      });
    }
    const every = Math.ceil(domain.length / Math.max(4, width / 42));
    return Plot.plot({
      width, height: Math.round(Math.min(260, 140 + width * 0.2)), marginLeft: 52, marginBottom: 38, marginTop: 22,
      x: { type: "band", domain, label: axes.x, padding: 0.14, ticks: domain.filter((_, i) => i % every === 0) },
      y: { label: axes.y, grid: true, ticks: 5, percent: axes.percent ?? false },
      marks: [Plot.barY(bars, { x: "x", y: "y", fill, order, title: title_ } as Plot.BarYOptions), Plot.ruleY([0], rule)],
    });
  });
  if (names.length > 1) {
    made.append(h("div", { class: "legend" }, names.map((name, i) => {
      const swatch = h("span", { class: "block", "aria-hidden": "true" });
      swatch.style.background = colors[i % colors.length]!;
      return h("span", {}, swatch, name);
    })));
  }
  return made;
}

export interface HeatRow {
  label: string;
  head?: boolean; // a row that names a group
  cells: { value: number | null; tip: string; marked?: boolean }[];
  remark?: string;
}
// Shares as a table whose cells are as dark as they are large: figures that can be read, copied and printed.
export function heatTable(caption: string, groups: { label: string; columns: string[] }[], rows: HeatRow[], options: { full?: number; remark?: string } = {}): HTMLElement {
  const full = options.full ?? 1;
  const width = groups.reduce((sum, g) => sum + g.columns.length, 0) + (options.remark ? 1 : 0);
  const top = h("tr", {}, h("td", {}), groups.map((g) => h("th", { colspan: g.columns.length, scope: "colgroup" }, g.label)), options.remark ? h("td", {}) : null);
  const second = h("tr", {}, h("td", {}), groups.flatMap((g) => g.columns.map((c) => h("th", { scope: "col", class: "n" }, c))), options.remark ? h("th", { scope: "col", class: "n" }, options.remark) : null);
  const body = rows.map((row) => {
    if (row.head) return h("tr", { class: "group" }, h("th", { scope: "rowgroup", colspan: width + 1 }, row.label));
    return h("tr", {}, h("th", { scope: "row" }, row.label), row.cells.map((cell) => {
      const td = h("td", { class: "n heat" + (cell.marked ? " marked" : ""), title: visible(cell.tip) }, cell.value === null ? "" : Math.round(cell.value * 100));
      if (cell.value !== null) td.style.setProperty("--heat", `${Math.round(Math.min(1, cell.value / full) * 62)}%`);
      return td;
    }), options.remark ? h("td", { class: "n" }, row.remark ?? "") : null);
  });
  return h("div", { class: "frame", tabindex: 0, role: "region", "aria-label": caption },
    h("table", { class: "heats" }, h("caption", {}, caption), h("thead", {}, top, second), h("tbody", {}, body)));
}
