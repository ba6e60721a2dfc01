// The practice generator: one seed instruction in, one new one out: another item of the same skill and level,
// or of a rarer kind in the same domain; near copies and junk at a dialled rate, as LLMs write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "practice/teacher.h"
#include "practice/world.h"
#include "roles/evolver.h"
#include "roles/generator.h"

namespace retort::practice {

class Writer {
 public:
  // Rarer means a lower kind_weight under the options' skew and seed, which are those of the seed pool.
  explicit Writer(const TeacherOptions& options);
  // What the generator replies to this seed. For a seed that is not of this world it says so in a sentence
  // that Lion's first filter drops (it names the word "instruction").
  std::string write(std::string_view seed_text, WriteMode mode, Random random) const;
  // What the evolver replies: deepened, an item of the same skill a level higher (on the highest, one of its
  // own); with reasons wanted, the seed and a sentence that asks for them; broadened, as `write` with Rarer.
  // Near copies and junk at the same rates.
  std::string evolve(std::string_view seed_text, Evolution evolution, Random random) const;

 private:
  struct Kind {
    int skill, level;
  };
  std::string new_item(const Item& seed, std::string_view seed_text, WriteMode mode, Random& random) const;

  double duplicate_share_, junk_share_;
  std::vector<std::vector<Kind>> rarer_;  // by skill * kLevels + level - 1; never empty
};

}  // namespace retort::practice
