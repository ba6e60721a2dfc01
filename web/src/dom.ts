// Elements from plain calls. Text becomes text nodes, never markup; no handler or style is ever written as an attribute's text.
import { visible } from "./text";

export type Child = Node | string | number | null | undefined | false | Child[];
type Handler = (event: Event) => void;
type Value = string | number | boolean | null | undefined | Handler;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, Value> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  return add(element, children);
}
export function add<E extends Element>(element: E, children: Child[]): E {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child);
    else if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(visible(String(child)));
  }
  return element;
}
export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h2", {}, title), children);
}
export function note(...children: Child[]): HTMLElement {
  return h("p", { class: "note" }, children);
}
// What a model wrote.
export function said(text: string | null): HTMLElement {
  if (text === null) return h("p", { class: "none" }, "none");
  return text === "" ? h("p", { class: "none" }, "an empty answer") : h("div", { class: "said" }, text);
}
export function card(name: string, figure: Child, more: Child = null): HTMLElement {
  return h("div", { class: "card" }, h("dt", {}, name), h("dd", { class: "big" }, figure), more ? h("dd", { class: "more" }, more) : null);
}

export interface Column {
  head: string;
  figure?: boolean; // right-aligned
}
// The first cell of a row names it. The frame scrolls on its own where the page is narrow.
export function table(caption: string, columns: Column[], rows: Child[][]): HTMLElement {
  const head = h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col", class: c.figure ? "n" : null }, c.head))));
  const body = h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) =>
    h(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: columns[i]?.figure ? "n" : null }, cell)))));
  return h("div", { class: "frame", tabindex: 0, role: "region", "aria-label": caption }, h("table", {}, h("caption", {}, caption), head, body));
}
