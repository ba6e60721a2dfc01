#include "recipe/plan.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/hash.h"
#include "base/words.h"
#include "pool/curriculum.h"
#include "recipe/endpoints.h"
#include "recipe/seed_rows.h"

namespace retort {
namespace {

constexpr double kBytesPerToken = 4;

// Walks through the recipe as the arms do, and writes down what each stage would ask.
class Planner {
 public:
  Planner(const RunFile& file, const SeedFigures& seeds, const Assumptions& assumptions)
      : file_(file),
        assumptions_(assumptions),
        referee_(filled(file.referee, file.teacher)),
        generator_(filled(file.generator, file.teacher)),
        open_share_(
            seeds.rows == 0 ? 0 : 1 - static_cast<double>(seeds.answered) / static_cast<double>(seeds.rows)) {
    const auto rows = static_cast<double>(seeds.rows);
    held_out_ = std::min(rows, static_cast<double>(file.eval.heldout_rows));
    pool_ = rows - held_out_;
    const auto sample = static_cast<double>(file.data.train_sample);
    first_pool_ = sample == 0 ? pool_ : std::min(sample, pool_);
  }

  Plan plan() {
    classify("seeds", pool_ + held_out_);
    if (file_.recipe.name != "orca") teach("teach_0", first_pool_ * open_share_);
    teach("teach_heldout", held_out_ * open_share_);
    if (file_.recipe.name == "orca")
      explain();
    else
      arm("", file_.recipe.name);
    if (!file_.recipe.control.empty()) arm("control/", file_.recipe.control);
    plan_.source = assumptions_.source;
    return std::move(plan_);
  }

 private:
  void arm(const std::string& prefix, const std::string& recipe) {
    const auto wanted = static_cast<double>(file_.recipe.new_per_round);
    // Alpaca's writer brings the answer with the instruction; further samples of it are asked.
    const double to_answer = writer_of(file_.recipe) == "alpaca" && file_.answers.samples == 1 ? 0 : wanted;
    const double calls_max =
        static_cast<double>(calls_per_order(file_.recipe)) * file_.recipe.attempts_per_instruction;
    const double share = file_.recipe.replay;
    double cache = pool_, open = (pool_ - first_pool_) * open_share_, restyled = 0;
    const bool drawn_by_alpha = recipe == "tapir" || recipe == "lion-tapir";
    for (int round = 1; round <= file_.recipe.rounds; ++round) {
      if (recipe == "lion" || drawn_by_alpha) {
        const auto sample = static_cast<double>(file_.recipe.judge_sample);
        const double judged = sample == 0 ? cache : std::min(sample, cache);
        teach(format("{}teach_cache_{}", prefix, round), take_open(judged, cache, open));
        add("referee", format("{}judge_{}", prefix, round), 2 * judged, assumptions_.referee, referee_);
      }
      const double calls = wanted * std::min(calls_max, assumptions_.writer_calls_per_kept);
      add(writer_role(file_.recipe), format("{}write_{}", prefix, round), calls, assumptions_.generator,
          generator_);
      classify(format("{}write_{}", prefix, round), wanted);
      if (drawn_by_alpha) {
        teach(format("{}teach_{}", prefix, round), to_answer);
        const double left = std::min(round_examples(round, cache), cache + wanted - restyled);
        if (recipe == "tapir") restyle(prefix, round, left);
        restyled += left;
        cache += wanted;
        continue;
      }
      const double replayed = std::min(cache, wanted * share / (1 - share));
      teach(format("{}teach_{}", prefix, round), to_answer + take_open(replayed, cache, open));
      cache += wanted;
    }
  }

  void classify(const std::string& stage, double rows) {
    if (file_.data.kinds == "classifier")
      add("classifier", stage, rows, assumptions_.classifier, filled(file_.classifier, file_.teacher));
  }

  // At most: a fifth of what is judged is hard (TAPIR: 11,000 of 52,000), and all that is new.
  double round_examples(int round, double cache) const {
    constexpr double kHardShare = 0.21;
    const auto hard = static_cast<int64_t>(kHardShare * cache) + file_.recipe.new_per_round;
    const auto rest = static_cast<int64_t>((1 - kHardShare) * cache);
    const RoundSize size =
        round_size(file_.tapir.examples_per_round,
                   alpha_of_round(file_.tapir.alpha, file_.tapir.alpha_step, round), hard, rest);
    return static_cast<double>(size.hard + size.rest) / (1 - file_.tapir.replay);
  }

  void restyle(const std::string& prefix, int round, double rows) {
    const std::string stage = format("{}rewrite_{}", prefix, round);
    if (file_.tapir.rewrite == "none") return;
    add("rewriter", stage, rows, assumptions_.rewriter, filled(file_.rewriter, file_.teacher));
    if (file_.tapir.rewrite == "judged") add("referee", stage, 2 * rows, assumptions_.referee, referee_);
  }

  // All queries: which of them a sub-collection's rule leaves out is known when they are read.
  void explain() {
    add("explainer", "explain_0", pool_, assumptions_.teacher, file_.teacher);
    const bool two = !file_.teacher_2.base_url.empty() || !file_.teacher_2.model.empty();
    if (file_.recipe.rounds > 0 && two)
      add("explainer", "explain_1", pool_ * file_.orca.second_share, assumptions_.teacher,
          filled(file_.teacher_2, file_.teacher));
  }

  // How many of so many drawn from the cache have no answer yet, on average; they have one afterwards.
  static double take_open(double drawn, double cache, double& open) {
    const double taken = cache == 0 ? 0 : drawn * open / cache;
    open -= taken;
    return taken;
  }

  void teach(const std::string& stage, double calls) {
    calls *= static_cast<double>(file_.answers.samples);
    add("teacher", stage, calls, assumptions_.teacher, file_.teacher);
  }

  void add(const std::string& role, const std::string& stage, double calls, const CallFigures& one,
           const EndpointSection& endpoint) {
    if (calls < 0.5) return;
    PlanRow row{role, stage, std::round(calls), calls * one.tokens_in, calls * one.tokens_out};
    row.cost =
        cost_of(online_prices_of(endpoint), {std::llround(row.tokens_in), std::llround(row.tokens_out)});
    row.seconds = seconds(row, one, endpoint);
    plan_.rows.push_back(std::move(row));
  }

  // The slower of the endpoint's answers and its limits by the minute.
  static double seconds(const PlanRow& row, const CallFigures& one, const EndpointSection& endpoint) {
    const double lanes = std::min<double>(endpoint.concurrency, row.calls);
    double most = row.calls * one.latency_ms / 1'000 / std::max(1.0, lanes);
    auto limit = [&](double amount, double per_minute) {
      if (per_minute > 0) most = std::max(most, 60 * amount / per_minute);
    };
    limit(row.calls, endpoint.requests_per_minute);
    limit(row.tokens_in + row.tokens_out, endpoint.tokens_per_minute);
    limit(row.tokens_in, endpoint.tokens_in_per_minute);
    limit(row.tokens_out, endpoint.tokens_out_per_minute);
    return most;
  }

  const RunFile& file_;
  const Assumptions& assumptions_;
  EndpointSection referee_, generator_;
  double open_share_;  // of the seeds that bring no answer
  double held_out_ = 0, pool_ = 0, first_pool_ = 0;
  Plan plan_;
};

// Bytes of a role's prompt with nothing in its slots.
double prompt_bytes(const std::string& path, std::string_view name) {
  const Prompt prompt = or_throw(Prompt::load(path, name));
  PromptSlots slots;
  for (const std::string& slot : prompt.slot_names()) slots[slot] = "";
  double bytes = 0;
  for (const ChatMessage& message : prompt.render(slots))
    bytes += static_cast<double>(message.content.size());
  return bytes;
}

// What a call of the writer is like, as far as the lengths of the seeds tell, and how many it takes.
struct WriterFigures {
  double bytes_in, tokens_out, calls_per_kept;
};
WriterFigures writer_figures(const RunFile& file, double seed_bytes, double answer_tokens) {
  constexpr double kDraftsPerKept = 1.3;
  const double seed_tokens = seed_bytes / kBytesPerToken;
  const std::string writer = writer_of(file.recipe);
  if (writer == "self-instruct")  // a call shows eight tasks and writes eight
    return {prompt_bytes(file.generator.prompt, "self_instruct") + 8 * seed_bytes, 8 * seed_tokens,
            kDraftsPerKept / 8};
  if (writer == "alpaca")  // it shows three and writes seventeen, with their answers
    return {prompt_bytes(file.generator.prompt, "self_instruct_alpaca") +
                3 * (seed_bytes + kBytesPerToken * answer_tokens),
            17 * (seed_tokens + answer_tokens), kDraftsPerKept / 17};
  if (writer == "evol-instruct")  // every second call compares, and says one word
    return {prompt_bytes("", "evolve_deepen") + seed_bytes, 0.6 * seed_tokens, 2 * kDraftsPerKept};
  return {prompt_bytes(file.generator.prompt, "generate_hard") + seed_bytes, seed_tokens, kDraftsPerKept};
}

}  // namespace

std::string writer_role(const RecipeSection& recipe) {
  return writer_of(recipe) == "evol-instruct" ? "evolver" : "generator";
}

int64_t calls_per_order(const RecipeSection& recipe) { return writer_role(recipe) == "evolver" ? 2 : 1; }

SeedFigures look_at_seeds(const RunFile& file) {
  SeedFigures seeds;
  std::unordered_set<uint64_t> seen;
  double bytes = 0, words = 0, answer_bytes = 0;
  for_each_seed_row(
      file,
      [&](const DataRow& row) {
        if (!seen.insert(mix64(fnv1a64(row.instruction), row.instruction.size())).second) return;
        ++seeds.rows;
        bytes += static_cast<double>(row.instruction.size());
        words += static_cast<double>(word_count(row.instruction));
        if (!row.has_output || row.output.empty() || file.data.answers != "keep") return;
        ++seeds.answered;
        answer_bytes += static_cast<double>(row.output.size());
      },
      [](const BadRow&) {});
  const double rows = std::max<double>(1, static_cast<double>(seeds.rows));
  seeds.bytes = bytes / rows;
  seeds.words = words / rows;
  if (seeds.answered > 0) seeds.answer_bytes = answer_bytes / static_cast<double>(seeds.answered);
  return seeds;
}

Assumptions rule_of_thumb(const RunFile& file, const SeedFigures& seeds) {
  constexpr double kWait_ms = 500, kTokensPerSecond = 60;
  auto call = [&](double bytes_in, double tokens_out, int64_t tokens_max) {
    const double out = std::min(tokens_out, static_cast<double>(tokens_max));
    return CallFigures{bytes_in / kBytesPerToken, out, kWait_ms + 1'000 * out / kTokensPerSecond};
  };
  const double answer = seeds.answer_bytes > 0 ? seeds.answer_bytes / kBytesPerToken
                                               : static_cast<double>(file.teacher.tokens_max) / 3;
  const double answer_bytes = answer * kBytesPerToken;
  const WriterFigures writer = writer_figures(file, seeds.bytes, answer);
  // What a list is cut short by is written by further calls.
  const double lists = std::max(1.0, writer.tokens_out / static_cast<double>(file.generator.tokens_max));
  return {
      .teacher =
          call(prompt_bytes(file.teacher.prompt, "teacher") + seeds.bytes, answer, file.teacher.tokens_max),
      .referee = call(prompt_bytes(file.referee.prompt, "referee") + seeds.bytes + 2 * answer_bytes,
                      static_cast<double>(file.referee.tokens_max) / 2, file.referee.tokens_max),
      .generator = call(writer.bytes_in, writer.tokens_out, file.generator.tokens_max),
      .classifier = call(prompt_bytes(file.classifier.prompt, "classifier") + seeds.bytes + 400, 40,
                         file.classifier.tokens_max),
      .rewriter = call(prompt_bytes(file.rewriter.prompt, "rewrite_knowledge") + seeds.bytes + answer_bytes,
                       1.5 * answer, file.rewriter.tokens_max),
      .writer_calls_per_kept = lists * writer.calls_per_kept,
      .source = "a rule of thumb (4 bytes a token); `--pilot 20` measures it with 20 calls a role"};
}

PlanRow Plan::total() const {
  PlanRow sum{.role = "all"};
  for (const PlanRow& row : rows) {
    sum.calls += row.calls;
    sum.tokens_in += row.tokens_in;
    sum.tokens_out += row.tokens_out;
    sum.cost += row.cost;
    sum.seconds += row.seconds;
  }
  return sum;
}

Plan plan_run(const RunFile& file, const SeedFigures& seeds, const Assumptions& assumptions) {
  return Planner(file, seeds, assumptions).plan();
}

}  // namespace retort
