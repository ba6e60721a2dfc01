// Evol-Instruct's rounds after the writing: who is eliminated by the teacher's answer (stage "eliminate_r"),
// and whose place the others take.
#include "pool/filters.h"
#include "recipe/arm.h"
#include "recipe/chunks.h"
#include "recipe/id_set.h"

namespace retort {

Ids Arm::replaced_by_children(const Ids& ids, const Ids& fresh) const {
  IdSet parents;
  for_each_chunk(fresh, [&](std::span<const int64_t> chunk) {
    for (const Instruction& child : shop_.store.instructions(chunk)) parents.insert(child.parent_id);
  });
  Ids out = ids;
  std::erase_if(out, [&](int64_t id) { return parents.contains(id); });
  append(out, fresh);
  return out;
}

Ids Arm::eliminate(int round, const std::string& verb, const Ids& ids) {
  const std::string name = stage_name(verb == "write" ? "eliminate" : "eliminate_" + verb, round);
  teach(stage_name("teach_" + verb, round), round - 1, ids);
  run_stage(name, [&]() -> StageResult {
    StageResult result{.counts = {.in = static_cast<int64_t>(ids.size())}};
    for_each_chunk(ids, [&](std::span<const int64_t> chunk) {
      const std::map<int64_t, Answer> answers = lessons(round - 1, chunk);
      std::vector<Drop> drops;
      for (int64_t id : chunk) {
        const auto answer = answers.find(id);
        if (answer == answers.end())
          drops.push_back({id, "no teacher answer"});
        else if (const auto refusal = refuse_evolved_answer(answer->second.text))
          drops.push_back({id, std::string(*refusal), answer->second.text});
      }
      shop_.store.add_drops(name, drops);
      result.counts.dropped += static_cast<int64_t>(drops.size());
    });
    result.counts.ok = result.counts.in - result.counts.dropped;
    return result;
  });
  IdSet gone;
  for (const Drop& drop : shop_.store.drops(name)) gone.insert(drop.instruction_id);
  Ids left = ids;
  std::erase_if(left, [&](int64_t id) { return gone.contains(id); });
  return left;
}

}  // namespace retort
