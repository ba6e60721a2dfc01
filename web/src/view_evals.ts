// What `retort eval` found of this run's student: every figure with its interval, and what it stands on.
import { type Child, h, note, section, table } from "./dom";
import type { Estimate, Eval, EvalFigure, Run } from "./figures";
import { count, decimal } from "./text";

const unit = (figure: EvalFigure) => (figure.measure === "mean" ? "" : "\u00a0%");
function value(e: Estimate, figure: EvalFigure): string {
  if (e === null) return "none";
  return e.length < 3 ? `${decimal(e[0]!, 1)}${unit(figure)}` : `${decimal(e[0]!, 1)}${unit(figure)} (${decimal(e[1]!, 1)} to ${decimal(e[2]!, 1)})`;
}

function figureRow(of: Eval, figure: EvalFigure): Child[] {
  const levels = [of.chance, of.majority].map((level) => (level === null || figure.measure !== "share" ? "" : decimal(level, 1)));
  const counted = Object.entries(figure.counts).map(([name, n]) => `${name} ${count(n)}`).join(", ");
  return [`${of.suite}: ${figure.name}`, count(figure.n), value(figure.estimate, figure), figure.task_mean ? value(figure.task_mean, figure) : "", ...levels, count(figure.unparsed), count(figure.failed), counted];
}

// Whom a suite compared, how long the answers were, and what a reader must know.
function background(of: Eval): Child {
  const facts = [
    of.judge && `judge ${of.judge}`, of.reference && `beside ${of.reference}`,
    `${count(of.questions)} questions`, of.cut > 0 && `${count(of.cut)} answers cut`,
    `mean answer ${count(of.length)} characters${of.reference_length === null ? "" : ` (the other's ${count(of.reference_length)})`}`,
    of.order_disagreement && `orders disagree in ${decimal(of.order_disagreement[0]!, 1)}\u00a0% of the pairs`,
    of.length_controlled && `length-controlled win rate ${decimal(of.length_controlled[0], 1)}\u00a0%, standard error ${decimal(of.length_controlled[1], 1)}`,
    ...of.remarks].filter((fact) => fact);
  return h("li", {}, h("b", {}, of.suite), `: ${facts.join("; ")}.`);
}

function taskTable(of: Eval): Child {
  const figures = of.figures.filter((figure) => figure.tasks.length > 0);
  if (figures.length === 0) return null;
  const names = [...new Set(figures.flatMap((figure) => figure.tasks.map((task) => task.name)))];
  const rows = names.map((name): Child[] => [name || "of no task", ...figures.map((figure) => {
    const task = figure.tasks.find((t) => t.name === name);
    return task ? `${value(task.estimate, figure)}, n = ${count(task.n)}` : "";
  })]);
  return h("details", {}, h("summary", {}, `${of.suite}, task by task`), table(`${of.suite}: each task's figure with its 95 % interval.`, [{ head: "task" }, ...figures.map((figure) => ({ head: figure.name, figure: true }))], rows));
}

export function benchmarks(run: Run): HTMLElement | null {
  const evals = run.evidence.evals;
  if (evals.length === 0) return null;
  const columns = ["n", "value (95 % interval)", "mean of the tasks", "chance", "majority", "unread", "failed"].map((head) => ({ head, figure: true }));
  return section("Benchmarks", note("What ", h("code", {}, "retort eval"), " found. Shares have Wilson's interval, grades Student's, relative scores the bootstrap's, over the questions. An unread answer to a question with a target is wrong; an unread judgement is no number."),
    table("Every figure of every suite.", [{ head: "suite: figure" }, ...columns, { head: "counted" }], evals.flatMap((of) => of.figures.map((figure) => figureRow(of, figure)))),
    h("ul", { class: "note" }, evals.map(background)), evals.map(taskTable));
}
