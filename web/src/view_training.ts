// Training: the steps of each round's student.
import { type Line, lineChart } from "./chart";
import { type Child, h, note, section, table } from "./dom";
import type { Run, TrainingFigures } from "./figures";
import { count, decimal, percent } from "./text";

interface Named {
  name: string; // "lion, round 2"
  stage: string; // "imitate_2"
  training: TrainingFigures;
}
export function trainings(run: Run): Named[] {
  return run.arms.flatMap((arm, i) => arm.rounds.flatMap((r) => {
    if (r.training === null || (i > 0 && r.round === 0)) return [];
    return [{ name: `${arm.name}, round ${r.round}`, stage: `${i > 0 ? "control/" : ""}imitate_${r.round}`, training: r.training }];
  }));
}

export function training(run: Run): HTMLElement | null {
  const all = trainings(run);
  if (all.length === 0) return null;
  // Six lines are as many as can be told apart: the main arm's newest.
  const drawn = all.filter((t) => t.training.curve.length > 1 && !t.stage.startsWith("control/")).slice(-6);
  const lines = (column: number): Line[] => drawn.map((t) => ({ label: t.name, points: t.training.curve.map((p) => ({ x: p[0]!, y: p[column]! })) }));
  const charts: Child[] = [
    lineChart("Loss", "Cross-entropy on the responses, the mean of a stretch of steps.", { x: "step", y: "nats per token", log: true }, lines(1)),
    lineChart("Gradient norm", "Before it is clipped.", { x: "step", y: "norm", log: true }, lines(2)),
    lineChart("Learning rate", "Warm-up and decay; of the matrices under muon.", { x: "step", y: "rate", zero: true }, lines(3)),
    lineChart("Speed", "Tokens a second so far.", { x: "step", y: "tokens per second", zero: true }, lines(4)),
  ];
  return section("Training", drawn.length === 0 ? note("This run's store has no curves of its trainings: it was made by a version that kept the first and the last loss alone.") : null,
    h("div", { class: "charts" }, charts),
    table("The first and the last loss are means of a tenth of the steps. Padding: cells of the packed rows that hold no token.",
      [{ head: "training" }, ...["steps", "tokens", "first loss", "last loss", "seconds", "tokens a second", "padding"].map((head) => ({ head, figure: true }))],
      all.map(({ name, training: t }): Child[] => [name, count(t.steps), count(t.tokens), t.first_loss === null ? "" : decimal(t.first_loss, 3), t.last_loss === null ? "" : decimal(t.last_loss, 3),
        t.seconds === null ? "" : decimal(t.seconds, 1), t.seconds ? count(t.tokens / t.seconds) : "", t.padding_share === null ? "" : percent(t.padding_share)])));
}
