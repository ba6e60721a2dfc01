#include "serve/report_style.h"

namespace retort {

Html report_style() {
  Html style;
  return style.literal(R"css(
:root {
  color-scheme: light dark;
  --bg: #ffffff; --panel: #f5f7fa; --ink: #1b2430; --soft: #5a6472; --rule: #d5dbe3; --main: #0b63a8; --control: #b8500a; --good: #1d6b45; --on-low: #1b2430; --on-high: #ffffff; --mark: #1b2430;
  --h0: #f3f6fa; --h1: #dfebf5; --h2: #cbe0f0; --h3: #b7d5eb; --h4: #a3cae5; --h5: #8fbfe0; --h6: #75a7cf; --h7: #5c8fbe; --h8: #4278ac; --h9: #29619b; --h10: #0a4a8a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #12171e; --panel: #1a212a; --ink: #e8ecf1; --soft: #9aa6b4; --rule: #323c48; --main: #6bb5f2; --control: #f2995a; --good: #74c69d; --on-low: #e8ecf1; --on-high: #0d1218; --mark: #ffffff;
    --h0: #1c232d; --h1: #213143; --h2: #26405b; --h3: #294f74; --h4: #2d5e8d; --h5: #2f6ea8; --h6: #4d84b9; --h7: #699bcb; --h8: #85b1dc; --h9: #a2c9ee; --h10: #bfe0ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem clamp(0.8rem, 3vw, 2.5rem) 4rem; background: var(--bg); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 0.3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 0.4rem; padding-top: 0.9rem; border-top: 1px solid var(--rule); }
p, li { max-width: 46rem; }
.lead { font-size: 1.05rem; }
.faint, figcaption, .note { color: var(--soft); }
.stand-in { border-left: 4px solid var(--control); background: var(--panel); padding: 0.6rem 0.9rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: 0.7rem; margin: 1.1rem 0; }
.cards div { background: var(--panel); border-radius: 6px; padding: 0.6rem 0.8rem; }
.cards dt { color: var(--soft); font-size: 0.85rem; }
.cards dd { margin: 0; }
.cards .big { font-size: 1.45rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums; }
.cards .more { font-size: 0.85rem; color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.2rem 2rem; margin: 0.8rem 0; }
figure { margin: 0; max-width: 34rem; display: flex; flex-direction: column; justify-content: space-between; }
figcaption { font-size: 0.9rem; }
figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: auto; font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .base { stroke: var(--soft); stroke-width: 1; }
svg .tick, svg .axis { fill: var(--soft); font-size: 12px; }
svg .mark { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 4 3; }
svg .value { font-weight: 600; fill: var(--ink); paint-order: stroke; stroke: var(--bg); stroke-width: 3px; }
svg .small { font-size: 11px; font-weight: 400; }
svg .name { font-size: 12px; }
svg .main .line { stroke: var(--main); fill: none; stroke-width: 2; }
svg .control .line { stroke: var(--control); fill: none; stroke-width: 2; stroke-dasharray: 6 4; }
svg .main circle, svg .main .name, svg .main .bar { fill: var(--main); }
svg .quiet .bar { fill: var(--h4); }
svg .control rect, svg .control .name { fill: var(--control); }
svg .main .whisker { stroke: var(--main); stroke-width: 1.5; }
svg .control .whisker { stroke: var(--control); stroke-width: 1.5; }
.scroll { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
.note { font-size: 0.9rem; margin: 1.2rem 0 0; }
.note + .scroll { margin-top: 0.3rem; }
th { font-weight: 600; text-align: left; }
th, td { padding: 0.25rem 0.45rem; vertical-align: top; }
thead th { border-bottom: 1px solid var(--soft); vertical-align: bottom; }
tbody tr { border-bottom: 1px solid var(--rule); }
td.n, th.n { text-align: right; }
td.n { white-space: nowrap; }
.arm-main { color: var(--main); }
.arm-control { color: var(--control); }
.heat th, .heat td { padding: 0.1rem 0.25rem; }
.heat tbody tr { border-bottom: 0; }
.heat tbody th { font-weight: 400; white-space: nowrap; padding-right: 0.7rem; position: sticky; left: 0; background: var(--bg); }
.heat tbody .group th { font-weight: 600; padding-top: 0.55rem; }
.heat thead th { text-align: center; border: 0; }
.heat td { text-align: center; min-width: 2.3rem; font-size: 0.8rem; border: 1px solid var(--bg); }
.heat .first { border-left: 8px solid var(--bg); }
.heat .marked { box-shadow: inset 0 0 0 1.5px var(--control); }
.heat .plain { white-space: nowrap; }
.h0 { background: var(--h0); }
.h1 { background: var(--h1); }
.h2 { background: var(--h2); }
.h3 { background: var(--h3); }
.h4 { background: var(--h4); }
.h5 { background: var(--h5); }
.h6 { background: var(--h6); }
.h7 { background: var(--h7); }
.h8 { background: var(--h8); }
.h9 { background: var(--h9); }
.h10 { background: var(--h10); }
.h0, .h1, .h2, .h3, .h4, .h5 { color: var(--on-low); }
.h6, .h7 { color: #0d1218; }
.h8, .h9, .h10 { color: var(--on-high); }
.samples { width: 100%; table-layout: fixed; }
.samples td { overflow-wrap: anywhere; }
.samples .text { white-space: pre-wrap; max-height: 16rem; overflow: auto; unicode-bidi: isolate; font-size: 0.85rem; }
.samples .about { color: var(--soft); font-size: 0.8rem; margin-top: 0.3rem; }
.samples .asked { width: 30%; } .samples .said { width: 22%; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: 0.9rem; }
@media (max-width: 46rem) {
  .samples thead { display: none; }
  .samples, .samples tbody, .samples tr, .samples td { display: block; width: 100%; }
  .samples tr { padding: 0.7rem 0; }
  .samples td::before { content: attr(data-label); display: block; color: var(--soft); font-size: 0.8rem; }
}
@media print {
  :root { --bg: #ffffff; --panel: #f5f7fa; --ink: #1b2430; --soft: #5a6472; --rule: #d5dbe3; --main: #0b63a8; --control: #b8500a; --good: #1d6b45; --on-low: #1b2430; --on-high: #ffffff; --mark: #1b2430; --h0: #f3f6fa; --h1: #dfebf5; --h2: #cbe0f0; --h3: #b7d5eb; --h4: #a3cae5; --h5: #8fbfe0; --h6: #75a7cf; --h7: #5c8fbe; --h8: #4278ac; --h9: #29619b; --h10: #0a4a8a; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .scroll, .samples .text { overflow: visible; max-height: none; }
  .heat { font-size: 7pt; } .heat td { min-width: 0; font-size: 6.5pt; padding: 0 1px; }
  figure, tr, .cards div { break-inside: avoid; }
  h2 { break-after: avoid; }
}
)css");
}

}  // namespace retort
