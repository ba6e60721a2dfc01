// vicuna80: two scores, in Lion's settings 1 and 2.
#include "base/format.h"
#include "eval/judge_reply.h"
#include "eval/judged_case.h"
#include "eval/relative_score.h"
#include "roles/referee.h"

namespace retort {
namespace {

// A reply that was cut before its first line ended may have lost a digit.
bool is_whole(const ChatReply& reply) {
  return reply.finish != Finish::Length || reply.text.find('\n') != std::string::npos;
}

using MaybeScores = std::optional<ScoredPair>;

MaybeScores scores_of(const Result<ChatReply>& reply, Stands stands, std::string_view prompt) {
  if (!reply) return std::nullopt;
  double first = 0, second = 0;
  if (prompt == "referee") {
    if (reply->finish == Finish::Length) return std::nullopt;
    const Result<RefereeScores> read = parse_referee_reply(reply->text);
    if (!read) return std::nullopt;
    first = read->first, second = read->second;
  } else {
    if (!is_whole(*reply)) return std::nullopt;
    const Result<PairScores> read = parse_pair_scores(reply->text);
    if (!read) return std::nullopt;
    first = read->first, second = read->second;
  }
  return stands == Stands::CandidateFirst ? ScoredPair{second, first} : ScoredPair{first, second};
}

// Mean over the opinions that could be read.
MaybeScores mean_of(const std::vector<MaybeScores>& opinions) {
  ScoredPair sum;
  double count = 0;
  for (const MaybeScores& scores : opinions)
    if (scores) sum.reference += scores->reference, sum.candidate += scores->candidate, ++count;
  if (count == 0) return std::nullopt;
  return ScoredPair{sum.reference / count, sum.candidate / count};
}

int sign(const ScoredPair& pair) {
  return pair.candidate > pair.reference ? 1 : pair.candidate < pair.reference ? -1 : 0;
}

class Vicuna {
 public:
  Vicuna(const Cases& cases, Judge& judge, int64_t evidences)
      : cases_(cases), judge_(judge), evidences_(evidences) {}

  void run(EvalReport& report) {
    std::vector<JudgeCall> calls;
    for (const Case& one : cases_.judged) add_calls(one, calls);
    replies_ = judge_.ask(calls);
    const size_t per_case = 2 + 2 * static_cast<size_t>(evidences_);
    int64_t both = 0, apart = 0;
    for (size_t i = 0; i < cases_.judged.size(); ++i) {
      const std::string prompt = prompt_of(cases_.judged[i]);
      std::vector<MaybeScores> one, two;
      for (size_t k = 0; k < per_case; ++k) {
        const auto& reply = replies_[i * per_case + k];
        (k < 2 ? one : two).push_back(scores_of(reply, kBothOrders[k % 2], k < 2 ? prompt : "referee"));
      }
      setting_one_.push_back(one[0]), swapped_.push_back(one[1]),
          both_.push_back(one[0] && one[1] ? mean_of(one) : MaybeScores());
      setting_two_.push_back(mean_of(two));
      if (one[0] && one[1]) ++both, apart += sign(*one[0]) != sign(*one[1]) ? 1 : 0;
    }
    report.order_disagreement = percent_of(apart, both);
    report.figures.push_back(figure("setting 1 (reference first)", setting_one_));
    report.figures.push_back(figure("setting 1, swapped", swapped_));
    report.figures.push_back(figure("setting 1, both orders", both_));
    if (evidences_ > 0) report.figures.push_back(figure("setting 2 (evidence first)", setting_two_));
    int64_t lost = 0;
    for (size_t i = 0; i < replies_.size(); ++i) {
      const size_t k = i % per_case;
      if (k >= 2 && !scores_of(replies_[i], kBothOrders[k % 2], "referee")) ++lost;
    }
    if (evidences_ > 0)
      report.remarks.push_back(format("setting 2: {} opinions in each order, {} of {} could not be read",
                                      evidences_, lost,
                                      2 * evidences_ * static_cast<int64_t>(cases_.judged.size())));
  }

 private:
  static std::string prompt_of(const Case& one) {
    const std::string& task = one.question->task;
    return task == "coding" || task == "math" ? "judge_scores_" + task : "judge_scores";
  }

  void add_calls(const Case& one, std::vector<JudgeCall>& calls) const {
    for (Stands stands : kBothOrders)
      calls.push_back({prompt_of(one), pair_slots(one, stands), {.temperature = 0.2, .tokens_max = 1'024}});
    // FairEval: three opinions at temperature 1, evidence before scores, in each order.
    for (int64_t k = 0; k < evidences_; ++k)
      for (Stands stands : kBothOrders) {
        PromptSlots slots = pair_slots(one, stands);
        slots["instruction"] = slots["question"];
        slots.erase("question");
        calls.push_back({"referee", std::move(slots), {.temperature = 1, .tokens_max = 512}, k});
      }
  }

  Figure figure(std::string name, const std::vector<MaybeScores>& scores) const {
    Figure figure{.name = std::move(name), .measure = Measure::Relative, .items = cases_.failed};
    for (const char* outcome : {"win", "tie", "lose"}) figure.counts[outcome] = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
      EvalItem item = item_of(cases_.judged[i]);
      item.reading = scores[i] ? Reading::Parsed : Reading::Unparsed;
      if (scores[i]) {
        item.value = scores[i]->candidate, item.against = scores[i]->reference;
        ++figure.counts[sign(*scores[i]) > 0 ? "win" : sign(*scores[i]) < 0 ? "lose" : "tie"];
      }
      figure.items.push_back(std::move(item));
    }
    return figure;
  }

  const Cases& cases_;
  Judge& judge_;
  int64_t evidences_;
  std::vector<Result<ChatReply>> replies_;
  std::vector<MaybeScores> setting_one_, swapped_, both_, setting_two_;
};

}  // namespace

void judge_scores(const Cases& cases, Judge& judge, int64_t evidences, EvalReport& report) {
  Vicuna(cases, judge, evidences).run(report);
}

}  // namespace retort
