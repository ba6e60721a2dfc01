// Checks of the teacher's options: what a run file or the command line may have got wrong.
#include "practice/teacher.h"

namespace retort::practice {
namespace {

Error bad(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

}  // namespace

Result<Skew> parse_skew(std::string_view name) {
  if (name == "rare_is_hard") return Skew::RareIsHard;
  if (name == "rare_is_easy") return Skew::RareIsEasy;
  if (name == "uniform") return Skew::Uniform;
  return bad(format("skew \"{}\" is none of rare_is_hard, rare_is_easy and uniform", name));
}

Result<void> check_teacher_options(const TeacherOptions& options) {
  if (Result<Skew> skew = parse_skew(options.skew); !skew) return skew.error();
  struct Number {
    const char* name;
    double value;
  };
  const Number faults[] = {{"fault_429", options.fault_429},
                           {"fault_500", options.fault_500},
                           {"fault_stall", options.fault_stall},
                           {"fault_truncate", options.fault_truncate},
                           {"fault_garbage", options.fault_garbage}};
  const Number shares[] = {{"duplicate_share", options.duplicate_share},
                           {"junk_share", options.junk_share},
                           {"error_share", options.error_share},
                           {"reasoning_share", options.reasoning_share},
                           {"injected_share", options.injected_share}};
  double fault_sum = 0;
  auto is_share = [](double value) { return value >= 0 && value <= 1; };
  for (const auto& [name, value] : faults) {
    if (!is_share(value)) return bad(format("{} is {}; give a share from 0 to 1", name, value));
    fault_sum += value;
  }
  if (fault_sum > 1) return bad(format("the faults' shares add up to {}; make it 1 or less", fault_sum));
  for (const auto& [name, value] : shares)
    if (!is_share(value)) return bad(format("{} is {}; give a share from 0 to 1", name, value));
  if (options.duplicate_share + options.junk_share > 1)
    return bad("duplicate_share and junk_share add up to more than 1; make them less");
  if (!(options.score_noise >= 0 && options.score_noise <= 10))
    return bad(format("score_noise is {}; give 0 to 10 points", options.score_noise));
  if (!(options.position_bias >= -10 && options.position_bias <= 10))
    return bad(format("position_bias is {}; give -10 to 10 points", options.position_bias));
  const Number times[] = {{"retry_after_ms", static_cast<double>(options.retry_after_ms)},
                          {"stall_ms", static_cast<double>(options.stall_ms)},
                          {"latency_ms", static_cast<double>(options.latency_ms)}};
  for (const auto& [name, value] : times)
    if (!(value >= 0 && value <= 600'000)) return bad(format("{} is {}; give 0 to 600000", name, value));
  return {};
}

}  // namespace retort::practice
