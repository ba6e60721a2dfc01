// Orca's explanations (arXiv 2306.02707): which queries each sub-collection gives, and a teacher's answers
// under system messages that make it explain itself (stage "explain_0", "explain_1").
#include <algorithm>

#include "base/crash_point.h"
#include "pool/curriculum.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/id_set.h"

namespace retort {
namespace {

SubMixture rule_of(SubCollection collection, const OrcaSection& orca) {
  using Rule = SubMixture::Rule;
  switch (collection) {
    case SubCollection::Cot:
      return {Rule::All};
    case SubCollection::NaturalInstructions:
      return {Rule::CapPerTask, orca.niv2_per_task};
    case SubCollection::T0:
      return {Rule::TaskUniform, orca.t0};
    case SubCollection::Flan2021:
      return {Rule::TaskUniform, orca.flan2021};
  }
  return {};
}

}  // namespace

Ids Arm::sample_queries(const Ids& seeds) const {
  const OrcaSection& orca = shop_.file.orca;
  const SubCollection otherwise = find_sub_collection(orca.otherwise).value();
  const JudgedPool pool = unjudged(seeds);
  std::map<SubCollection, std::vector<SeedCandidate>> collections;
  for (const SeedCandidate& candidate : pool.candidates)
    collections[find_sub_collection(candidate.kind).value_or(otherwise)].push_back(candidate);
  Ids queries;
  for (const auto& [collection, candidates] : collections) {
    const Ids drawn = sample_sub_mixture(candidates, rule_of(collection, orca), shop_.file.recipe.seed,
                                         format("orca/{}", sub_collection_name(collection)));
    append(queries, drawn);
  }
  std::sort(queries.begin(), queries.end());
  return queries;
}

Ids Arm::second_queries(const Ids& queries) const {
  Ids ids = queries;
  Random(shop_.file.recipe.seed, "orca/second").shuffle(ids);
  const double wanted = shop_.file.orca.second_share * static_cast<double>(ids.size());
  ids.resize(static_cast<size_t>(wanted + 0.5));
  std::sort(ids.begin(), ids.end());
  return ids;
}

Ids Arm::explain(int stage, const Ids& queries) {
  const std::string name = stage_name("explain", stage);
  Explainer& explainer = shop_.explainer(shop_.file.answers.explained ? 0 : stage);
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(queries.size())}};
    const IdSet have(shop_.store.answered_ids(name));
    std::map<int, int64_t> messages;  // how often each was used
    for_each_chunk(queries, [&](std::span<const int64_t> chunk) {
      std::vector<Instruction> asked;
      for (Instruction& instruction : shop_.store.instructions(chunk)) {
        ++messages[explainer.message_number(instruction)];
        if (!have.contains(instruction.id)) asked.push_back(std::move(instruction));
      }
      keep(name, {"explainer", &RunStore::add_answers}, asked, explainer.answer(asked), chunk.size(),
           result.counts);
    });
    for (const auto& [number, count] : messages)
      shop_.store.set_metric(name, format("message/{:02}", number), static_cast<double>(count));
    return result;
  });
  return shop_.store.answered_ids(name);
}

// Whoever was explained in an earlier round keeps that; whoever cannot be is answered plainly.
void Arm::explain_lessons(int round, const Ids& train_pool) {
  IdSet had;
  for (int r = 0; r < round; ++r)
    for (int64_t id : shop_.store.answered_ids(stage_name("explain", r))) had.insert(id);
  Ids wanted = train_pool;
  std::erase_if(wanted, [&](int64_t id) { return had.contains(id); });
  explain(round, wanted);
}

}  // namespace retort
