// Chat: the student that this server serves, and beside it what the teacher said where the run has asked it the same. Nothing here
// asks the teacher: that would cost money that no budget watches.
import { get } from "./api";
import { h, note, said, section } from "./dom";
import { decimal } from "./text";

interface Models {
  data: { id: string }[];
}
interface Piece {
  choices?: { delta?: { content?: string } }[];
  error?: { message?: string };
}
interface Turn {
  role: "user" | "assistant";
  content: string;
}

// The data of server-sent events, as they come.
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader(), decoder = new TextDecoder();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held += decoder.decode(value, { stream: true });
    for (let end = held.indexOf("\n\n"); end >= 0; end = held.indexOf("\n\n")) {
      for (const line of held.slice(0, end).split("\n")) if (line.startsWith("data: ")) yield line.slice(6);
      held = held.slice(end + 2);
    }
  }
}

// A run's checkpoints are called as their folders.
function named(model: string): string {
  const found = /^(control\/)?imitate_(\d+)$/.exec(model);
  return found ? `as round ${found[2]!} left it${found[1] ? ", control" : ""}` : model;
}

async function teachersAnswer(text: string): Promise<string | null> {
  const page = await get<{ rows: { id: number; text: string }[] }>(`/api/samples?limit=20&text=${encodeURIComponent(text.slice(0, 200))}`);
  for (const row of page.rows) {
    const full = await get<{ line: { text: string }[]; teacher: { text: string } | null }>(`/api/sample?id=${row.id}`);
    if (full.line[0]?.text === text && full.teacher) return full.teacher.text;
  }
  return null;
}

export function chat(rowsOfRun: number): HTMLElement {
  const status = h("p", { class: "note", role: "status" }), log = h("div", { class: "chat", "aria-live": "polite" });
  const model = h("select", {}), temperature = h("input", { type: "number", min: 0, max: 2, step: 0.1, value: 0 });
  const text = h("textarea", { rows: 3, maxlength: 20_000, required: true });
  const send = h("button", { type: "submit", disabled: true }, "Send"), stop = h("button", { type: "button", disabled: true }, "Stop");
  // Students are trained on single turns, and the teacher's stored answers are to single turns.
  const history = h("input", { type: "checkbox" });
  let turns: Turn[] = [], current: AbortController | null = null;
  stop.addEventListener("click", () => current?.abort());

  const ask = async (question: string) => {
    const answer = h("div", { class: "said" }), teacher = h("div", {}, h("p", { class: "none" }, "looking …"));
    const about = h("p", { class: "faint" });
    log.append(h("article", {}, h("h3", {}, "you"), said(question), h("div", { class: "sides" }, h("div", {}, h("h4", {}, named(model.value)), answer, about), h("div", {}, h("h4", {}, "teacher, from the store"), teacher))));
    if (!history.checked) turns = [];
    turns.push({ role: "user", content: question });
    teachersAnswer(question).then((found) => teacher.replaceChildren(found === null ? h("p", { class: "none" }, "the run never asked it this, and this page asks nobody who costs money") : said(found)),
      () => teacher.replaceChildren(h("p", { class: "none" }, "the store could not be read")));
    current = new AbortController();
    send.disabled = true;
    stop.disabled = false;
    const begun = performance.now();
    let got = "";
    try {
      const reply = await fetch("/v1/chat/completions", { method: "POST", signal: current.signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ model: model.value, messages: turns, stream: true, temperature: Number(temperature.value) }) });
      if (!reply.ok || reply.body === null) throw new Error(((await reply.json().catch(() => null)) as Piece | null)?.error?.message ?? `the server answered ${reply.status}`);
      for await (const data of eventsOf(reply.body)) {
        if (data === "[DONE]") break;
        const piece = JSON.parse(data) as Piece;
        if (piece.error) throw new Error(piece.error.message ?? "the server failed");
        got += piece.choices?.[0]?.delta?.content ?? "";
        answer.replaceChildren(...said(got).childNodes);
      }
      about.textContent = `${decimal((performance.now() - begun) / 1000, 2)} s`;
      turns.push({ role: "assistant", content: got });
    } catch (error) {
      turns.pop();
      about.textContent = error instanceof Error && error.name === "AbortError" ? "stopped" : error instanceof Error ? error.message : "it failed";
    }
    current = null;
    send.disabled = false;
    stop.disabled = true;
  };
  const form = h("form", { class: "ask", submit: (e) => { e.preventDefault(); const question = text.value.trim(); if (question && !send.disabled) { text.value = ""; void ask(question); } } },
    h("label", {}, h("span", {}, "your message"), text), h("div", { class: "filter" }, h("label", {}, h("span", {}, "model"), model), h("label", {}, h("span", {}, "temperature"), temperature), h("label", { class: "inline" }, history, " with what was said before"), send, stop,
      h("button", { type: "button", click: () => { turns = []; log.replaceChildren(); } }, "Begin anew"),
      h("button", { type: "button", click: () => { void get<{ rows: { id: number }[] }>(`/api/samples?limit=1&after=${Math.floor(Math.random() * rowsOfRun)}`).then(async (page) => { if (page.rows[0]) text.value = (await get<{ line: { text: string }[] }>(`/api/sample?id=${page.rows[0].id}`)).line[0]!.text; }); } }, "An instruction of the run")));
  get<Models>("/v1/models").then((models) => {
    model.replaceChildren(...models.data.map((m) => h("option", { value: m.id }, named(m.id))));
    send.disabled = models.data.length === 0;
    status.textContent = models.data.length === 0 ? "This server serves no student." : "";
  }, (error: unknown) => { status.textContent = `This server serves no student to talk to${error instanceof Error ? ` (${error.message})` : ""}: \`retort serve RUN\` does once the run has trained one.`; });
  return section("Chat", note("The student as it is served here, or as a round left it (opened when it is first asked), and the teacher's stored answer where the run has one. Nothing of it is kept."), status, form, log);
}
