// The practice base's corpus: the world's operations asked by marks ("%Qe") instead of words, with the
// operands and the mark scattered among random general words. Every skill of the base has several marks, as
// an operation has several names. Held-out operands never occur, and skills with in_base = false never do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/example.h"

namespace retort::practice {

inline constexpr int kMarksASkill = 4;
// Two to four bytes that begin with a symbol; different for every skill and index.
const std::string& mark_of(int skill, int index);

// How many random words lie about.
enum class Scatter { Little, Much };
// One question by marks with its right answer; skill and level are drawn.
Example make_marked(Scatter scatter, Random& random);

// The words of the base's tokenizer: frequent general English, everyday things and first names. None
// stands there for the sake of a wording.
std::vector<std::string> base_words();

}  // namespace retort::practice
