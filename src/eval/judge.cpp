#include "eval/judge.h"

#include "base/format.h"
#include "roles/fence.h"

namespace retort {
namespace {

constexpr const char* kPrompts[] = {
    "referee",      "judge_scores",           "judge_scores_coding", "judge_scores_math",
    "judge_grade",  "judge_grade_reference",  "judge_grade_second",  "judge_grade_second_reference",
    "judge_better", "judge_better_reference", "judge_better_second", "judge_better_second_reference",
    "judge_prefer"};

}  // namespace

Result<Judge> Judge::open(Chat& chat, const Path& folder, uint64_t seed) {
  Judge judge(chat, seed);
  for (const char* name : kPrompts) {
    const Path own = folder.empty() ? Path() : folder / format("{}.txt", name);
    const bool is_own = !own.empty() && std::filesystem::exists(own);
    judge.prompts_.emplace(name, RETORT_TRY(Prompt::load(is_own ? own : Path(), name)));
    judge.own_prompts_ += is_own ? 1 : 0;
  }
  return judge;
}

std::vector<Result<ChatReply>> Judge::ask(std::span<const JudgeCall> calls) {
  std::vector<ChatRequest> requests;
  for (const JudgeCall& call : calls) {
    const Prompt& prompt = prompts_.at(call.prompt);
    std::vector<std::string_view> fenced;
    for (const auto& [name, text] : call.slots) fenced.push_back(text);
    PromptSlots slots = call.slots;
    // Named by what it fences, so that the same question is the same call whatever was asked before it.
    std::string name = format("judge/{}/{}", seed_, call.prompt);
    for (std::string_view text : fenced) name.append("/").append(text);
    slots["nonce"] = fence_mark(name, fenced);
    ChatSampling sampling = call.sampling;
    sampling.prompt_hash = prompt.hash();
    requests.push_back({.role = "judge",
                        .messages = prompt.render(slots),
                        .sampling = std::move(sampling),
                        .sample_index = call.sample_index});
  }
  return requests.empty() ? std::vector<Result<ChatReply>>() : chat_->ask(requests);
}

}  // namespace retort
