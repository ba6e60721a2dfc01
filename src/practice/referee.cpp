#include "practice/referee.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include "base/format.h"

namespace retort::practice {
namespace {

// Scores without bias and noise: an exact answer mostly gets 9 or 10, an unrelated one 2, a near one between.
constexpr double kScoreExact = 9.3, kScoreWrong = 2.0;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool looks_like_a_score(std::string_view line) {
  return lower(line).find("score") != std::string::npos && line.find_first_of("0123456789") != line.npos;
}

std::vector<std::string_view> answer_lines(std::string_view answer) {
  std::vector<std::string_view> lines;
  while (!answer.empty()) {
    size_t end = answer.find('\n');
    std::string_view line = trim(answer.substr(0, end));
    if (!line.empty() && !looks_like_a_score(line)) lines.push_back(line);
    answer = end == std::string_view::npos ? std::string_view() : answer.substr(end + 1);
  }
  return lines;
}

std::string_view remark(double credit) {
  if (credit >= 1) return "is exactly right";
  if (credit >= 0.5) return "is close, but not exact";
  if (credit > 0) return "has little of what was asked";
  return "is not right";
}

int score(double credit, double bias, double noise) {
  double mean = kScoreWrong + (kScoreExact - kScoreWrong) * credit;
  return static_cast<int>(std::clamp(std::round(mean + bias + noise), 1.0, 10.0));
}

}  // namespace

double judged_credit(const Item& item, std::string_view answer) {
  std::vector<std::string_view> lines = answer_lines(answer);
  if (lines.empty()) return 0;
  std::string whole;
  for (std::string_view line : lines) whole.append(whole.empty() ? "" : "\n").append(line);
  return std::max(credit(item, whole), credit(item, lines.back()));
}

std::string referee_reply(const Item& item, std::string_view first, std::string_view second,
                          const RefereeNoise& noise, Random random) {
  double first_credit = judged_credit(item, first), second_credit = judged_credit(item, second);
  int first_score = score(first_credit, noise.position_bias, noise.score_noise * random.normal());
  int second_score = score(second_credit, 0, noise.score_noise * random.normal());
  return format(
      "Evidence: judged by rule against the one right answer. Answer A {}. Answer B {}.\n"
      "Score of answer A: {}\nScore of answer B: {}",
      remark(first_credit), remark(second_credit), first_score, second_score);
}

JudgeReply judge_reply(const Item& item, const AskedJudgement& asked, const RefereeNoise& noise,
                       Random random) {
  using Form = AskedJudgement::Form;
  const double first_credit = judged_credit(item, asked.first),
               second_credit = judged_credit(item, asked.second);
  const double first_noise = noise.score_noise * random.normal(),
               second_noise = noise.score_noise * random.normal();
  const int first = score(first_credit, asked.form == Form::Grade ? 0 : noise.position_bias, first_noise);
  const int second = score(second_credit, 0, second_noise);
  const std::string remarks = format("Judged by rule against the one right answer. Answer A {}. Answer B {}.",
                                     remark(first_credit), remark(second_credit));
  if (asked.form == Form::ScoresFirst) return {format("{} {}\n{}", first, second, remarks), {}};
  if (asked.form == Form::ScoresLast) return {format("{}\n({}, {})", remarks, first, second), {}};
  if (asked.form == Form::Grade)
    return {format("Judged by rule: the answer {}.\nGrade: [[{}]]", remark(first_credit), first), {}};
  if (asked.form == Form::Better)
    return {format("{}\n[[{}]]", remarks, first > second ? 'A' : first < second ? 'B' : 'C'), {}};
  const double share = 1 / (1 + std::exp(static_cast<double>(second - first)));
  return {share >= 0.5 ? "m" : "M", share};
}

std::string referee_abstention() {
  return "Evidence: this rule-based practice referee does not know this task and cannot judge the "
         "two "
         "answers, so it gives none of them points.";
}

}  // namespace retort::practice
