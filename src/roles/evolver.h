// Evol-Instruct (WizardLM, arXiv 2304.12244; specs/orca_and_methods.md §2.3): a new instruction from one by
// one of five operations, four that make it harder and one that goes to a rarer corner of its field; and the
// four rules by which what failed is eliminated. Open loop: no student is asked.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "chat/chat.h"
#include "roles/generator.h"
#include "roles/prompt.h"

namespace retort {

enum class Evolution {
  Constrain,   // one more constraint
  Deepen,      // more depth and breadth
  Concretise,  // specific notions for general ones
  Reason,      // several steps of thought
  Broaden,     // another, rarer task of the field
};
inline constexpr Evolution kEvolutions[] = {Evolution::Constrain, Evolution::Deepen, Evolution::Concretise,
                                            Evolution::Reason, Evolution::Broaden};
std::string_view evolution_name(Evolution evolution);  // "constrain": prompts/evolve_constrain.txt
Evolution draw_evolution(Random& random);              // each alike

enum class Sameness { Equal, Different };
// The last line "Verdict: equal" or "Verdict: different" and nothing after it; every verdict line must say
// the same. Unparsable with one of three fixed reasons: no verdict, neither word, text after the verdict.
Result<Sameness> parse_sameness_reply(std::string_view text);

// Why an evolved instruction is eliminated before it is answered: "unchanged", or "leaks the prompt" when it
// names the words of our prompt; nothing when it may stay.
std::optional<std::string_view> refuse_evolved(std::string_view seed, std::string_view evolved);
// Why an instruction is eliminated by its answer: "the teacher is sorry" when that word is in fewer than 80
// words of answer, "no content" when it is punctuation and stop words alone; nothing when it may stay.
std::optional<std::string_view> refuse_evolved_answer(std::string_view answer);

struct EvolveRequest {
  std::string seed_text;
  Evolution evolution = Evolution::Constrain;
  int64_t attempt_index = 0;  // the call's sample index
};

class Evolver {
 public:
  // The paper's: temperature 1, top-p 0.95, 2,048 tokens.
  static ChatSampling default_sampling();
  // Ours, and the one that compares.
  static Result<std::map<Evolution, Prompt>> load_prompts();
  Evolver(Chat& chat, std::map<Evolution, Prompt> prompts, Prompt compare, ChatSampling sampling,
          uint64_t seed);
  std::vector<Result<Draft>> evolve(std::span<const EvolveRequest> requests);
  // Whether each draft asks for no more and nothing else than its seed.
  struct Pair {
    std::string seed, evolved;
  };
  std::vector<Result<Sameness>> compare(std::span<const Pair> pairs);

 private:
  Chat& chat_;
  std::map<Evolution, Prompt> prompts_;
  Prompt compare_;
  ChatSampling sampling_;
  uint64_t seed_;
};

}  // namespace retort
