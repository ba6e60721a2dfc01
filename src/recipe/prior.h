// Measures of difficulty that cost no call, for choosing what the referee sees and for `retort data score`:
// what the student makes of the teacher's answer, and how far its own is from it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "student/response_fit.h"

namespace retort {

// 0 where both come to the same (answer_check.h), else 1 minus ROUGE-L's F of their words.
double disagreement(std::string_view teacher, std::string_view student);
// q(1-q), with q = exp(-loss): most where the student is undecided about the teacher's tokens.
double uncertainty(double loss);
// "loss", "ifd" or "uncertainty" of a fit; nothing where the answer is too short for an IFD.
std::optional<double> prior_of(std::string_view name, const ResponseFit& fit);

// Measures of one row, by name.
using RowMeasures = std::map<std::string, double, std::less<>>;
// Spearman's rank correlation of every two measures over the rows that have both, and, of each measure but
// "gap", the share of the rows in which nine tenths of the hard ones (gap >= threshold) are found. Lines of
// text for a person.
std::string difficulty_report(std::span<const RowMeasures> rows, double threshold);

}  // namespace retort
