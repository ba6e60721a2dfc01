// What a role's endpoint takes from the teacher's, and what it must not be.
#include "chat/dialect.h"
#include "recipe/run_file.h"

namespace retort {
namespace {

Result<void> check_endpoint(const std::string& role, const EndpointSection& section, const RunFile& file) {
  Result<const Dialect*> dialect = find_dialect(section.provider);
  if (!dialect) return Error{dialect.error().code, format("{}.provider: {}", role, dialect.error().message)};
  if (section.mode != "online" && section.mode != "batch")
    return Error{ErrorCode::InvalidArgument,
                 format("{}.mode is \"{}\"; there are online and batch", role, section.mode)};
  const bool has_batches = section.provider.starts_with("openai") || section.provider == "anthropic";
  if (section.mode == "batch" && (!has_batches || section.base_url == "practice"))
    return Error{ErrorCode::InvalidArgument,
                 format("{}.mode is batch, and {} has no batch API; openai and anthropic have one", role,
                        section.base_url == "practice" ? "the practice teacher" : section.provider)};
  if (section.temperature > (*dialect)->temperature_max)
    return Error{ErrorCode::InvalidArgument,
                 format("{}.temperature is {}; {} takes at most {}", role, section.temperature,
                        section.provider, (*dialect)->temperature_max)};
  for (double value :
       {section.requests_per_minute, section.tokens_per_minute, section.tokens_in_per_minute,
        section.tokens_out_per_minute, section.price_in, section.price_cached_in, section.price_out})
    if (value < 0)
      return Error{ErrorCode::InvalidArgument, format("{} has a price or a limit below 0; 0 is none", role)};
  // What is on this machine may be free: only there an address begins otherwise.
  const bool remote = section.base_url.starts_with("https");
  if (file.budget.money > 0 && section.price_in + section.price_out == 0 && remote)
    return Error{ErrorCode::InvalidArgument,
                 format("budget.money is set, but {} has no prices; set {}.price_in and {}.price_out", role,
                        role, role)};
  return {};
}

}  // namespace

Result<void> check_endpoints(const RunFile& file) {
  for (const Result<void>& result :
       {check_endpoint("teacher", file.teacher, file),
        check_endpoint("teacher_2", filled(file.teacher_2, file.teacher), file),
        check_endpoint("referee", filled(file.referee, file.teacher), file),
        check_endpoint("classifier", filled(file.classifier, file.teacher), file),
        check_endpoint("rewriter", filled(file.rewriter, file.teacher), file),
        check_endpoint("generator", filled(file.generator, file.teacher), file)})
    if (!result) return result;
  return {};
}

EndpointSection filled(EndpointSection section, const EndpointSection& teacher) {
  if (!section.base_url.empty()) return section;
  section.base_url = teacher.base_url;
  section.provider = teacher.provider;
  section.mode = teacher.mode;
  if (section.key_env.empty()) section.key_env = teacher.key_env;
  if (section.model.empty()) section.model = teacher.model;
  if (section.model != teacher.model) return section;  // it has its own prices and limits
  for (double EndpointSection::*value :
       {&EndpointSection::price_in, &EndpointSection::price_cached_in, &EndpointSection::price_out,
        &EndpointSection::requests_per_minute, &EndpointSection::tokens_per_minute,
        &EndpointSection::tokens_in_per_minute, &EndpointSection::tokens_out_per_minute})
    if (section.*value == 0) section.*value = teacher.*value;
  return section;
}

}  // namespace retort
