#include "recipe/pilot.h"

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"
#include "pool/filters.h"
#include "pool/novelty.h"
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
                              [&] { endpoints_.referee().judge(matches(), Order::TeacherFirst); });
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
    if (explainer) return found;  // it writes nothing
    int64_t kept = 0;
    found.generator =
        measure("generator", filled(file_.generator, file_.teacher), [&] { kept = count_kept(); });
    found.drafts_per_kept =
        static_cast<double>(seeds_.size()) / static_cast<double>(std::max<int64_t>(1, kept));
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

  int64_t count_kept() {
    const auto hard = static_cast<size_t>(file_.recipe.hard_share * static_cast<double>(seeds_.size()));
    std::vector<WriteRequest> requests;
    for (size_t i = 0; i < seeds_.size(); ++i)
      requests.push_back(
          {seeds_[i].text, i < hard ? WriteMode::SameTask : WriteMode::Rarer, static_cast<int64_t>(i)});
    FilterOptions filters;
    filters.refuse_non_ascii_start = file_.generator.refuse_non_ascii;
    int64_t kept = 0;
    for (const Result<Draft>& draft : endpoints_.generator().write(requests)) {
      if (!draft || refuse_draft(draft->text, draft->finish, filters)) continue;
      if (novelty_.is_near_duplicate(draft->text)) continue;
      novelty_.add(draft->text);
      ++kept;
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
