// Votes per kind of instruction: how much of a round each kind gets when seeds are drawn by kind. Pure
// functions of what is known of the student's work; each names the evidence that it needs, and what that
// evidence costs. A kind without a vote has no evidence: it counts as the mean of the others.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "pool/selection.h"

namespace retort {

using KindLosses = std::map<std::string, double, std::less<>>;  // nats a response token, by kind

// The mean of the referee's gaps, what is below 0 counted as 0. Two referee calls an instruction.
KindVotes votes_by_gap(std::span<const SeedCandidate> candidates);
// p(1-p), with p the share of the kind on which the student passes (gap < threshold): most where it is
// undecided, least where all or nothing succeeds. p starts from one pass and one failure (Laplace), so that a
// kind seen once is not settled. The same calls.
KindVotes votes_by_pass_rate(std::span<const SeedCandidate> candidates, double threshold);
// The student's own loss on the teacher's answers. No call: the answers are there, the student is ours.
KindVotes votes_by_loss(const KindLosses& now);
// q(1-q), with q = exp(-loss), what the student gives the teacher's token on average (geometric mean): most
// where it is undecided, least where it knows the answer or has no idea of it. No call.
KindVotes votes_by_likelihood(const KindLosses& now);
// What the loss has fallen by since the round before; a kind that got worse has no vote left, one that was
// not measured before has no evidence. No call.
KindVotes votes_by_progress(const KindLosses& before, const KindLosses& now);

}  // namespace retort
