#include "recipe/pilot.h"

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"
#include "pool/filters.h"
#include "pool/novelty.h"
#include "recipe/draft_source.h"
#include "recipe/seed_rows.h"

namespace retort {
namespace {

class Pilot {
 public:
  Pilot(const RunFile& file, Endpoints& endpoints, RunStore& store)
      : file_(file),
        endpoints_(endpoints),
        store_(store),
        novelty_({.threshold = file.recipe.near_duplicate,
                  .tokens = token_rule(file.recipe.near_duplicate_words)}) {
    for_each_seed_row(
        file,
        [&](const DataRow& row) {
          seeds_.push_back({.text = row.instruction});
          novelty_.add(row.instruction);
        },
        [](const BadRow&) {});
    Random random(file.recipe.seed, "pilot");
    random.shuffle(seeds_);
  }

  Assumptions run(int64_t calls) {
    seeds_.resize(std::min<size_t>(seeds_.size(), static_cast<size_t>(calls)));
    Assumptions found{.source = format("a pilot of {} calls a role", seeds_.size())};
    Explainer* explainer = endpoints_.explainer(0);
    found.teacher = measure(explainer ? "explainer" : "teacher", file_.teacher, [&] {
      answers_ = explainer ? explainer->answer(seeds_) : endpoints_.teacher().answer(seeds_);
    });
    const std::string& recipe = file_.recipe.name;
    if (recipe == "lion" || recipe == "lion-tapir" || recipe == "tapir")
      found.referee = measure("referee", filled(file_.referee, file_.teacher),
                              [&] { endpoints_.referee().judge(matches(), orders_asked(false)); });
    if (Classifier* classifier = endpoints_.classifier())
      found.classifier = measure("classifier", filled(file_.classifier, file_.teacher), [&] {
        std::vector<std::string_view> texts;
        for (const Instruction& seed : seeds_) texts.push_back(seed.text);
        classifier->classify(texts);
      });
    if (Rewriter* rewriter = endpoints_.rewriter())
      found.rewriter = measure("rewriter", filled(file_.rewriter, file_.teacher), [&] {
        std::vector<RewriteRequest> requests;
        for (const Match& match : matches()) requests.push_back({match.instruction, match.teacher_answer});
        rewriter->rewrite(requests);
      });
    if (recipe == "orca") return found;  // it writes nothing
    if (file_.recipe.rounds == 0) return found;
    int64_t kept = 0;
    const std::string role = writer_role(file_.recipe);
    const std::vector<DraftOrder> orders = writer_orders();
    found.generator =
        measure(role, filled(file_.generator, file_.teacher), [&] { kept = count_kept(orders); });
    // An order may bring several drafts.
    found.writer_calls_per_kept = static_cast<double>(calls_per_order(file_.recipe) * std::ssize(orders)) /
                                  static_cast<double>(std::max<int64_t>(1, kept));
    return found;
  }

 private:
  // What the calls of `ask` cost, from the store's totals before and after.
  template <class Ask>
  CallFigures measure(const std::string& role, const EndpointSection& endpoint, const Ask& ask) {
    const CallTotals before = store_.call_totals()[role];
    const int64_t begin_ms = system_clock().monotonic_ms();
    ask();
    const auto spent_ms = static_cast<double>(system_clock().monotonic_ms() - begin_ms);
    const CallTotals after = store_.call_totals()[role];
    const auto done = static_cast<double>(after.done - before.done);
    // A pilot that was made before has its calls in the store: what all calls of the role were like.
    const CallTotals& from = done > 0 ? before : kNothing;
    const double count = std::max(1.0, static_cast<double>(after.done - from.done));
    const double lanes = std::min<double>(endpoint.concurrency, std::max(1.0, done));
    return {static_cast<double>(after.tokens_in - from.tokens_in) / count,
            static_cast<double>(after.tokens_out - from.tokens_out) / count,
            done > 0 ? spent_ms * lanes / done : 0};
  }

  // The teacher's answer beside another of its answers, as no student has learnt anything yet.
  std::vector<Match> matches() const {
    std::vector<Match> out;
    for (size_t i = 0; i < seeds_.size(); ++i) {
      const Result<Answer>&one = answers_[i], &other = answers_[(i + 1) % answers_.size()];
      if (one && other) out.push_back({static_cast<int64_t>(i) + 1, seeds_[i].text, one->text, other->text});
    }
    return out;
  }

  // As a round would order them, the samples of a batch drawn from the pilot's seeds.
  std::vector<DraftOrder> writer_orders() const {
    const DraftSource::Nature nature = endpoints_.drafts().nature();
    const auto hard = static_cast<size_t>(file_.recipe.hard_share * static_cast<double>(seeds_.size()));
    std::vector<DraftOrder> orders;
    for (size_t i = 0; i < seeds_.size(); ++i) {
      DraftOrder& order = orders.emplace_back();
      order.seed = seeds_[i];
      order.origin = i < hard ? Origin::Hard : Origin::Easy;
      order.index = static_cast<int64_t>(i);
      for (size_t s = 0; s < static_cast<size_t>(nature.human_samples); ++s)
        order.samples.push_back(sample((i + s) % seeds_.size()));
    }
    return orders;
  }

  BatchTask sample(size_t at) const { return {seeds_[at].text, answers_[at] ? answers_[at]->text : ""}; }

  int64_t count_kept(std::span<const DraftOrder> orders) {
    DraftSource& source = endpoints_.drafts();
    FilterOptions filters = source.filters();
    filters.refuse_non_ascii_start = file_.generator.refuse_non_ascii;
    int64_t kept = 0;
    for (const Result<std::vector<WrittenDraft>>& written : source.write(orders)) {
      if (!written) continue;
      for (const WrittenDraft& one : *written) {
        if (!one.refusal.empty() || refuse_draft(one.draft.text, one.draft.finish, filters)) continue;
        if (!source.nature().near_copies_allowed) {
          if (novelty_.is_near_duplicate(one.draft.text)) continue;
          novelty_.add(one.draft.text);
        }
        ++kept;
      }
    }
    return kept;
  }

  static inline const CallTotals kNothing{};
  const RunFile& file_;
  Endpoints& endpoints_;
  RunStore& store_;
  NoveltyIndex novelty_;
  std::vector<Instruction> seeds_;
  std::vector<Result<Answer>> answers_;
};

}  // namespace

Assumptions run_pilot(const RunFile& file, Endpoints& endpoints, RunStore& store, int64_t calls) {
  return Pilot(file, endpoints, store).run(calls);
}

}  // namespace retort
