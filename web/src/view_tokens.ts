// A training's examples token by token, where the loss fell in colour.
import { get } from "./api";
import { h, note, section } from "./dom";
import type { Run } from "./figures";
import { trainings } from "./view_training";

interface Example {
  id: number;
  tokens: [string, boolean][];
}

// Line ends inside a token show as what they are.
const shown = (token: string) => token.replaceAll("\n", "⏎\n");

export function tokens(run: Run): HTMLElement | null {
  const all = trainings(run);
  if (all.length === 0) return null;
  const place = h("div", { class: "tokens", "aria-live": "polite" });
  const load = async (stage: string) => {
    try {
      const examples = await get<Example[]>(`/api/tokens?stage=${encodeURIComponent(stage)}`);
      place.replaceChildren(...(examples.length === 0 ? [note("The store has no examples that this round's teacher answered.")] : examples.map((e) => h("p", { class: "said" }, h("span", { class: "faint" }, `#${e.id} `),
        e.tokens.map(([text, inLoss]) => h("span", { class: inLoss ? "token loss" : "token" }, shown(text)))))));
    } catch (error) {
      place.replaceChildren(note(error instanceof Error ? error.message : "they could not be read"));
    }
  };
  const select = h("select", { change: () => void load(select.value) }, all.map((t) => h("option", { value: t.stage }, t.name)));
  select.value = all.at(-1)!.stage;
  void load(select.value);
  return section("What it was trained on", h("label", { class: "inline" }, h("span", {}, "training "), select),
    note("Eight of the round's examples through the checkpoint's template and tokenizer, a box a token. The loss fell on the coloured, underlined ones: the response and its end."), place);
}
