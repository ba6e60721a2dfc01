// The practice base's corpus: the world's operations asked by marks, which are made-up names ("Zubak"), with
// the operands and the mark scattered among random general words. Every skill has several marks, as an
// operation has several names. Held-out operands never occur; which skills are asked, the lessons say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/example.h"

namespace retort::practice {

inline constexpr int kMarksASkill = 6;
// Three to seven letters, the first a capital; different for every skill and index.
const std::string& mark_of(int skill, int index);

// How many random words lie about.
enum class Scatter { None, Much };
// One question of the skill by marks, with its right answer; the level is drawn.
Example make_marked(int skill, Scatter scatter, Random& random);

// A few facts, and the same in another order: what stands beside a name can be told from the question alone,
// which is how a student learns to look things up. Nothing is asked, so it has no mark.
Example make_recall(Random& random);

// The words of the base's tokenizer: frequent general English, everyday things and first names. None
// stands there for the sake of a wording.
std::vector<std::string> base_words();

}  // namespace retort::practice
