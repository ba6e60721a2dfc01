// The JSON of src/serve/view_json.cpp. An estimate is [value, low, high], or [value] where nobody knows of how many.
export type Estimate = number[] | null;
export type Num = number | null;

export interface TrainingFigures {
  steps: number;
  tokens: number;
  first_loss: Num;
  last_loss: Num;
  seconds: Num;
  padding_share: Num;
  curve: number[][]; // [step, loss, norm, rate, tokens per second]
}
export interface Round {
  round: number;
  answers: Num;
  exact_all: Estimate;
  exact_hard: Estimate;
  exact_pool: Estimate;
  heldout_loss: Num;
  preferred: Estimate;
  tie: Num;
  behind: Num;
  disagreement: Num;
  threshold: Num;
  hard: Num;
  easy: Num;
  unjudged: Num;
  length: Num;
  n: Num;
  kinds: Record<string, Estimate>;
  training: TrainingFigures | null;
}
export interface Arm {
  name: string;
  rounds: Round[];
}
export interface Gap {
  round: number;
  threshold: Num;
  unjudged: number;
  judged: number;
  bins: [number, number][];
  sweep: [number, number][];
}
export interface Task {
  round: number;
  task: string;
  gap: Estimate;
  wins: number;
  ties: number;
  losses: number;
}
export interface Pool {
  arm: string;
  round: number;
  rows: number;
  kinds: Record<string, number>;
  origins: Record<string, number>;
}
export interface Money {
  currency: string;
  spent: number;
  unknown: number;
  reserved: number;
  cap: Num;
  per_example: Num;
}
export interface Calls {
  role: string;
  stage?: string;
  done: number;
  failed: number;
  sent_again: number;
  tokens_in: number;
  tokens_out: number;
  tokens_cached: number;
  cost: number;
}
export interface RoleCalls extends Calls {
  unknown: number;
  waiting: number;
  in_flight: number;
}
export interface Stage {
  name: string;
  finished: boolean;
  started_ms: number;
  seconds: Num;
  in: number;
  ok: number;
  dropped: number;
  failed: number;
  drops: Record<string, number>;
}
// A result of `retort eval`; shares and relative scores are percents, grades are points.
export interface EvalFigure {
  name: string;
  measure: string; // "share", "mean" or "relative"
  n: number;
  unparsed: number;
  failed: number;
  estimate: Estimate;
  task_mean: Estimate;
  counts: Record<string, number>;
  tasks: { name: string; n: number; estimate: Estimate }[];
}
export interface Eval {
  suite: string;
  model: string;
  judge: string;
  reference: string;
  questions: number;
  cut: number;
  failed: number;
  length: number;
  reference_length: Num;
  chance: Num;
  majority: Num;
  order_disagreement: Estimate;
  length_controlled: [number, number] | null; // win rate and its standard error
  figures: EvalFigure[];
  remarks: string[];
}
export interface Run {
  name: string;
  recipe: string;
  teacher_model: string;
  practice_teacher: boolean;
  state: string;
  seconds: number;
  rounds_planned: Num;
  chosen: { round: number; why: string } | null;
  hard_kinds: string[];
  domains: Record<string, string[]>;
  arms: Arm[];
  difference: { round: number; kinds: number; all: Estimate; hard: Estimate } | null;
  money: Money | null;
  roles: RoleCalls[];
  stage_calls: Calls[];
  unknown_calls: number;
  stages: Stage[];
  evidence: {
    gaps: Gap[];
    tasks: Task[];
    lengths: { round: number; pairs: number; student: number; teacher: number }[];
    pools: Pool[];
    curricula: { round: number; metrics: Record<string, number> }[];
    evals: Eval[];
  };
}
export interface Progress {
  state: string;
  stage: string | null;
  round: Num;
  live: { stage: string; done: number; all: number; detail: string; silent_seconds: number; memory_bytes: Num } | null;
  stage_seconds_left: Num;
  all_seconds_left: Num;
  projected: Num;
  tokens: number;
  now_ms: number;
  version: number;
}
export interface Verdict {
  stage?: string;
  student_first: boolean;
  teacher: Num;
  student: Num;
  reason: string;
  words?: string;
  call?: string | null;
}
export interface ReportSample {
  id: number;
  text: string;
  kind: string;
  origin: string;
  round: number;
  teacher: string | null;
  student: string | null;
  gap: Num;
  verdicts: Verdict[];
}
export interface Report {
  run: Run;
  samples: { rows: ReportSample[]; of: number; round: Num };
}

// "sort/2" is level 2 of the skill "sort".
export function splitKind(kind: string): { skill: string; level: string } {
  const slash = kind.lastIndexOf("/");
  return slash < 0 ? { skill: kind, level: "" } : { skill: kind.slice(0, slash), level: kind.slice(slash + 1) };
}
export function last<T>(items: T[]): T | undefined {
  return items[items.length - 1];
}
// The last round of an arm that has this figure.
export function lastWith<T>(arm: Arm, figure: (round: Round) => T | null): Round | undefined {
  return last(arm.rounds.filter((round) => figure(round) !== null));
}
