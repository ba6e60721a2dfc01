#include "roles/explainer.h"

#include <filesystem>

#include "base/hash.h"
#include "roles/teacher.h"

namespace retort {

Result<std::vector<Prompt>> Explainer::load_prompts(const Path& folder) {
  std::vector<Prompt> prompts;
  for (int number = 1; number <= kSystemMessages; ++number) {
    const std::string name = format("explain_{:02}", number);
    Path path = folder.empty() ? Path() : folder / (name + ".txt");
    if (!std::filesystem::exists(path)) path.clear();
    prompts.push_back(RETORT_TRY(Prompt::load(path, name)));
  }
  return prompts;
}

Explainer::Explainer(Chat& chat, std::vector<Prompt> prompts, ChatSampling sampling, uint64_t seed,
                     SubCollection otherwise)
    : chat_(chat),
      prompts_(std::move(prompts)),
      sampling_(std::move(sampling)),
      seed_(seed),
      otherwise_(otherwise) {
  RETORT_CHECK(prompts_.size() == kSystemMessages, "{} system messages", prompts_.size());
}

int Explainer::message_number(const Instruction& instruction) const {
  Random random(seed_, "system message", mix64(fnv1a64(instruction.text), instruction.text.size()));
  const SubCollection collection = find_sub_collection(instruction.kind).value_or(otherwise_);
  return draw_system_message(collection, question_form(instruction.text), random);
}

const Prompt& Explainer::prompt_of(const Instruction& instruction) const {
  return prompts_[static_cast<size_t>(message_number(instruction) - 1)];
}

std::string Explainer::message(const Instruction& instruction) const {
  const std::vector<ChatMessage> messages = prompt_of(instruction).render({{"instruction", ""}});
  return messages.front().role == "system" ? messages.front().content : std::string();
}

std::vector<Result<Answer>> Explainer::answer(std::span<const Instruction> instructions) {
  std::vector<ChatRequest> requests;
  for (const Instruction& instruction : instructions) {
    const Prompt& prompt = prompt_of(instruction);
    ChatSampling sampling = sampling_;
    sampling.prompt_hash = prompt.hash();
    requests.push_back({.role = "explainer",
                        .messages = prompt.render({{"instruction", instruction.text}}),
                        .sampling = sampling});
  }
  std::vector<Result<Answer>> answers;
  for (const Result<ChatReply>& reply : chat_.ask(requests))
    answers.push_back(reply ? read_answer(*reply) : Result<Answer>(reply.error()));
  return answers;
}

}  // namespace retort
