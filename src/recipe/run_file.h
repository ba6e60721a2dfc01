// The run file: everything a run is made from, as a TOML text (DESIGN §3). Each field names its default, its
// unit and where the default comes from; unknown keys are errors. A preset is another set of defaults that
// the file then changes.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/file.h"
#include "practice/teacher.h"
#include "recipe/answer_section.h"
#include "recipe/method_sections.h"
#include "student/student.h"

namespace retort {

struct RecipeSection {
  std::string name = "lion";
  std::string preset;
  std::string control;
  std::string writer;
  uint64_t seed = 1;
  int rounds = 3;
  int64_t new_per_round = 6'000;
  std::string selection;
  double threshold = 1.0;
  double hard_share = 0.5;
  bool vote_per_kind = false;
  double replay = 0.5;
  bool replay_per_kind = false;
  int64_t judge_sample = 0;
  std::string judge_prior;
  double probe_share = 0.5;
  bool order_swap = true;
  bool reuse_verdicts = false;
  double near_duplicate = 0.7;
  std::string near_duplicate_words = "rouge";
  double attempts_per_instruction = 10;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("name", name,
          "lion; its controls without a referee: imitation, balanced; votes per kind: votes; tapir, orca, or "
          "TAPIR's balance and curriculum in Lion's loop: lion-tapir; without a loop: self-instruct, "
          "evol-instruct, ekt");
    visit("preset", preset,
          "other defaults: lion-emnlp, tapir-s, tapir-m and orca are the papers to the number; empty: ours");
    visit("control", control, "a second arm from the same round 0: imitation or balanced; empty: none");
    visit("writer", writer,
          "who writes new instructions: generator (Lion: one like its seed), self-instruct (lists from eight "
          "sample tasks), alpaca (lists from three, with answers) or evol-instruct (harder or rarer than its "
          "seed); empty: the recipe's own");
    visit("seed", seed, "every random choice follows from it");
    visit("rounds", rounds, "adversarial rounds after the first imitation (Lion: 3)");
    visit("new_per_round", new_per_round, "accepted new instructions a round (Lion: 6000)");
    visit(
        "selection", selection,
        "which seeds to write from: gap, random or balanced; of votes: vote_gap or vote_pass_rate (these ask "
        "the referee), vote_loss, vote_likelihood or vote_progress; empty: the recipe's own");
    visit("threshold", threshold,
          "hard when the referee's gap is at least this (Lion: 1.0, Eq. 1 and Table 4)");
    visit("hard_share", hard_share, "share of new instructions written from hard seeds (Lion: 1:1)");
    visit("vote_per_kind", vote_per_kind,
          "within hard and easy, one vote per kind instead of one per instruction");
    visit("replay", replay,
          "share of a round's training examples that earlier rounds brought; 0: none (Lion)");
    visit(
        "replay_per_kind", replay_per_kind,
        "what is replayed is drawn with one vote per kind (votes: with the round's votes) instead of one per "
        "instruction");
    visit(
        "judge_sample", judge_sample,
        "judge so many of the cache pool, drawn anew each round (recipe lion: 1000, docs/experiments.md); 0: "
        "all (the paper)");
    visit("judge_prior", judge_prior,
          "which of the pool those are: at random (empty), or those that a measure without any call puts "
          "first: "
          "loss (the student's, on the teacher's answer), ifd (that, over its loss on the answer alone), "
          "uncertainty (q(1-q), q its likelihood) or disagreement (how far its own answer is from the "
          "teacher's)");
    visit("probe_share", probe_share,
          "votes: share of a round's new instructions, written first, on which the student is measured; 0: "
          "it is "
          "measured on the cache pool");
    visit("order_swap", order_swap,
          "the referee compares each pair in both orders (Lion); false: the teacher's answer first, half the "
          "calls");
    visit(
        "reuse_verdicts", reuse_verdicts,
        "a pair of answers that is as in an earlier round keeps its verdict, without a call; Lion asks anew");
    visit("near_duplicate", near_duplicate,
          "a new instruction is refused when ROUGE-L exceeds this (Lion: 0.7)");
    visit(
        "near_duplicate_words", near_duplicate_words,
        "what ROUGE-L compares: rouge (Lion: a-z and 0-9 alone, blind to other scripts) or unicode (words of "
        "every script)");
    visit("attempts_per_instruction", attempts_per_instruction,
          "generator calls at most, per instruction wanted; then the round goes on with fewer");
  }
};

// One role's endpoint. An empty base_url takes the teacher's, and with it its provider, key, limits and, for
// the same model, prices.
struct EndpointSection {
  std::string provider = "openai", mode = "online", base_url, model, key_env, prompt;
  double temperature = 0.7, top_p = 1.0;
  int64_t tokens_max = 1024, stream_above = 8'192;
  int concurrency = 64, attempts = 8;
  double timeout_s = 600, outage_s = 7'200;
  double requests_per_minute = 0, tokens_per_minute = 0, tokens_in_per_minute = 0, tokens_out_per_minute = 0;
  double price_in = 0, price_cached_in = 0, price_out = 0;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("provider", provider,
          "how it is asked: openai (also for what imitates it), openai-reasoning, vllm, sglang, llamacpp, "
          "ollama or anthropic");
    visit("mode", mode, "online, or batch: its batch API, half the price, an answer within a day");
    visit("base_url", base_url, "where its API is, up to /v1; \"practice\" starts the practice teacher");
    visit("model", model, "the model's name at that endpoint");
    visit("key_env", key_env, "the environment variable that holds the API key; empty: no key");
    visit("prompt", prompt, "a prompt file of your own; empty: ours");
    visit("temperature", temperature, "sampling temperature (Lion: teacher 0.7, referee 0.2, generator 1.0)");
    visit("top_p", top_p, "nucleus sampling; 1 turns it off (Lion)");
    visit("tokens_max", tokens_max, "most tokens of a reply (Lion: teacher 1024, referee 512)");
    visit("stream_above", stream_above, "a request for more tokens than this is streamed");
    visit("concurrency", concurrency, "requests in flight at most; trouble halves it, for a while");
    visit("attempts", attempts, "a request that fails so often while others get through is given up");
    visit("timeout_s", timeout_s, "seconds until a reply is waited for no longer");
    visit("outage_s", outage_s,
          "seconds in which nothing gets through, then the run stops; all is left to be asked");
    visit("requests_per_minute", requests_per_minute, "spread evenly; 0: learnt from the replies' headers");
    visit("tokens_per_minute", tokens_per_minute, "input and output together; 0: learnt");
    visit("tokens_in_per_minute", tokens_in_per_minute, "0: learnt");
    visit("tokens_out_per_minute", tokens_out_per_minute, "0: learnt");
    visit("price_in", price_in, "of a million input tokens, in the budget's currency; 0: free");
    visit("price_cached_in", price_cached_in, "of a million that came from its cache; 0: as price_in");
    visit("price_out", price_out, "of a million output tokens");
  }
};

struct GeneratorSection : EndpointSection {
  std::string prompt_rarer;
  double tokens_per_seed_word = 4.0;
  int64_t tokens_min = 64;
  bool refuse_non_ascii = true;

  template <class Visitor>
  void fields(Visitor&& visit) {
    EndpointSection::fields(visit);
    visit("prompt_rarer", prompt_rarer, "the prompt file for easy seeds; empty: ours");
    visit("tokens_per_seed_word", tokens_per_seed_word,
          "the reply's limit follows the seed's length (Lion: 4 a word)");
    visit("tokens_min", tokens_min, "floor of that limit, so that short seeds end; 0: none (Lion)");
    visit("refuse_non_ascii", refuse_non_ascii, "refuse texts that start outside ASCII (Lion)");
  }
};

struct StudentSection : StudentOptions {
  std::string base = "practice";
  StudentShape shape;
  StudentSampling sampling;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("base", base,
          "where it starts: a Hugging Face folder, a GGUF file, a hub name (\"org/name\" or "
          "\"org/name@revision\"; from the local cache, else downloaded), or \"practice\" for the practice "
          "base");
    visit("template", chat_template,
          "own (the model's), practice, lion, alpaca, vicuna, chatml, llama2, llama3, mistral, gemma, phi or "
          "zephyr");
    visit("device", device, "auto, cpu or cuda");
    visit("precision", precision, "auto, fp32 or bf16");
    visit("threads", threads, "processor threads; 0: one a core");
    visit("temperature", sampling.temperature, "of its answers; 0: greedy (Lion: 0.7)");
    visit("top_k", sampling.top_k, "0: off (Lion: 50, the default that its library leaves on)");
    visit("top_p", sampling.top_p, "1: off (Lion)");
    visit("min_p", sampling.min_p, "leave out tokens less likely than this share of the likeliest; 0: off");
    visit("repetition_penalty", sampling.repetition_penalty, "1: off (Lion)");
    visit("stop", sampling.stop, "texts that end an answer and are left out of it");
    visit("tokens_max", sampling.tokens_max, "most tokens of an answer (Lion: 1024)");
    visit("slots", sampling.slots, "prompts decoded at once");
    visit("sampling_precision", sampling.precision,
          "of the weights that answer: fp32, or int8 (on a CPU, several times as fast)");
  }
};

struct TrainSection : ImitateOptions {
  int64_t round_steps = 0;
  double round_rate = 1.0;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("optimizer", optimizer, "muon (matrices; AdamW on the rest) or adamw (Lion)");
    visit("learning_rate", learning_rate, "peak (Lion: 2e-5 with adamw)");
    visit("adamw_learning_rate", adamw_learning_rate, "peak of embeddings and norms under muon");
    visit("weight_decay", weight_decay, "decoupled, on matrices (Lion: 0)");
    visit("clip_norm", clip_norm, "gradient norm at most; 0: off (Lion: 1, its library's default)");
    visit("warmup_share", warmup_share, "of all steps (Lion: 0.03)");
    visit("schedule", schedule, "cosine (Lion), linear or constant");
    visit("final_share", final_share, "the rate at the end as a share of the peak (Lion: 0)");
    visit("epochs", epochs, "passes over the train pool, when steps is 0 (Lion: 3)");
    visit("steps", steps, "optimizer steps of the first imitation; 0: from epochs");
    visit("round_steps", round_steps, "the same in later rounds; 0: from epochs");
    visit("round_rate", round_rate, "learning rate of later rounds as a share of the first (Lion: 1)");
    visit("rows_per_step", rows_per_step, "packed rows a step");
    visit("row_tokens", row_tokens,
          "tokens a packed row; a longer example is dropped with that reason (Lion: 1024, cut)");
    visit("recompute", recompute, "auto, on or off: drop activations and make them again, for less memory");
    visit("lora_rank", lora_rank,
          "train an adapter of this rank on each target, then merge it; 0: all weights");
    visit("lora_alpha", lora_alpha, "what the adapter adds is scaled by lora_alpha / lora_rank");
    visit("lora_targets", lora_targets, "the projections that get an adapter");
    visit("checkpoint_every_steps", checkpoint_every_steps, "within a stage; 0: at its end only");
  }
};

struct DataSection {
  std::vector<std::string> files;
  int64_t practice_rows = 0;
  std::string answers = "keep";
  std::string kinds = "given";
  std::string kind_rows;
  double kind_confidence = 0;
  int64_t train_sample = 0;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("files", files, "JSONL or JSON files of seed instructions (instruction, input, output, kind)");
    visit("practice_rows", practice_rows, "so many seed instructions of the practice world are mixed in");
    visit(
        "answers", answers,
        "a row's own output is the teacher's answer (keep), or the teacher is asked anew (ask: Lion) and its "
        "answer held against the row's (gold; see answers.checks)");
    visit(
        "kinds", kinds,
        "what kind of task an instruction is: as its row says, or as the practice world knows it (given), or "
        "asked of the classifier (classifier: TAPIR), or told by a small local one (local)");
    visit("kind_rows", kind_rows, "local: a file of rows with their kinds, from which it is trained");
    visit("kind_confidence", kind_confidence,
          "a kind of which the classifier is less sure is none, from 0 to 1 (ours: 0)");
    visit("train_sample", train_sample, "first imitation on so many seeds, drawn at random; 0: all (Lion)");
  }
};

struct BudgetSection {
  double money = 0;
  std::string currency = "USD";

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("money", money,
          "the run stops before it can cost more, calls of unknown outcome included; 0: no cap. Raise it and "
          "run again to go on");
    visit("currency", currency, "of all prices; only a word for the reports");
  }
};

struct EvalSection {
  int practice_per_kind = 12;
  int64_t heldout_rows = 0;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("practice_per_kind", practice_per_kind,
          "held-out practice instructions of every skill and level; 0: none");
    visit("heldout_rows", heldout_rows,
          "seed rows kept out of all pools, for the loss against the teacher's answers");
  }
};

struct ExportSection {
  std::string which = "best";
  std::string precision = "bf16";
  std::string gguf;

  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("which", which, "the model you get: best (by held-out loss) or last");
    visit("precision", precision, "of the exported weights: bf16 or fp32");
    visit("gguf", gguf,
          "a GGUF file for llama.cpp beside them, export/model.gguf: f32, f16, bf16, q8_0 or q4_k_m; empty: "
          "none");
  }
};

struct RunFile {
  RecipeSection recipe;
  EndpointSection teacher, teacher_2, referee, classifier, rewriter;
  GeneratorSection generator;
  StudentSection student;
  TrainSection train;
  DataSection data;
  BudgetSection budget;
  EvalSection eval;
  ExportSection export_;
  AnswersSection answers;
  TapirSection tapir;
  OrcaSection orca;
  practice::TeacherOptions practice;

  RunFile();
  template <class Visitor>
  void fields(Visitor&& visit) {
    visit("recipe", recipe, "what is done, and its numbers");
    visit("teacher", teacher, "the LLM that is distilled");
    visit("teacher_2", teacher_2, "orca: who explains in the second stage; what is empty is the teacher's");
    visit("referee", referee, "who compares both answers; what is empty is the teacher's");
    visit("generator", generator, "who writes new instructions; what is empty is the teacher's");
    visit("classifier", classifier, "who names the task (data.kinds); what is empty is the teacher's");
    visit("rewriter", rewriter,
          "who gives answers their task's style (tapir); what is empty is the teacher's");
    visit("student", student, "the model that learns");
    visit("train", train, "how it learns");
    visit("data", data, "seed instructions");
    visit("budget", budget, "what it may cost");
    visit("eval", eval, "how it is measured");
    visit("export", export_, "what you get");
    visit("answers", answers, "the teacher's answers: how many, which is kept, and its reasoning");
    visit("tapir", tapir, "the curriculum of tapir and lion-tapir");
    visit("orca", orca, "the explanations of orca");
    visit("practice", practice, "the practice teacher's dials");
  }
};

// What a run file that names this recipe and no preset starts from.
RunFile recipe_run_file(const std::string& recipe);
// "lion-emnlp", "demo", or "" for ours; InvalidArgument names the nearest.
Result<RunFile> preset_run_file(const std::string& name);
// Reads TOML text: ${NAME} in strings becomes the environment's value, relative file names count from
// `folder`. InvalidArgument or Malformed, one line.
Result<RunFile> parse_run_file(const std::string& text, const std::string& file_name, const Path& folder);
Result<RunFile> load_run_file(const Path& path);
// What must not be: a negative count, an unknown recipe, no data, a teacher without address.
Result<void> validate(const RunFile& file);
// recipe.writer, or the recipe's own where it is empty.
std::string writer_of(const RecipeSection& recipe);
// The part of it that is about endpoints: providers, prices, limits.
Result<void> check_endpoints(const RunFile& file);
// A role's endpoint with what it leaves empty taken from the teacher's.
EndpointSection filled(EndpointSection section, const EndpointSection& teacher);
// Keys whose values differ and may not change when a run goes on ("recipe.rounds"); addresses, keys, devices,
// threads, limits, prices and the budget may.
std::vector<std::string> frozen_differences(const RunFile& frozen, const RunFile& now);

}  // namespace retort
