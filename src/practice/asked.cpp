#include "practice/asked.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace retort::practice {
namespace {

// How people, and Orca's system messages, ask for the working (specs/orca_and_methods.md).
bool asks_to_explain(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  auto holds = [&](std::string_view phrase) { return lower.find(phrase) != std::string::npos; };
  for (const char* no : {"no explanation", "not explain", "without expla", "without explain"})
    if (holds(no)) return false;
  for (const char* yes :
       {"explain", "explanation", "step by step", "step-by-step", "justify", "reasoning", "your work"})
    if (holds(yes)) return true;
  return false;
}

std::string take(PromptSlots& slots, std::string_view name) {
  auto slot = slots.find(name);
  return slot == slots.end() ? std::string() : std::move(slot->second);
}

int64_t number_of(std::string_view text) {
  int64_t number = 1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Reader::Reader()
    : teacher_(or_throw(Prompt::named("teacher"))),
      referee_(or_throw(Prompt::named("referee"))),
      generate_hard_(or_throw(Prompt::named("generate_hard"))),
      generate_easy_(or_throw(Prompt::named("generate_easy"))),
      classifier_(or_throw(Prompt::named("classifier"))),
      rewriter_(or_throw(Rewriter::load_prompts(""))),
      evolver_(or_throw(Evolver::load_prompts())),
      compare_(or_throw(Prompt::named("evolve_equal"))),
      batch_(or_throw(TaskBatcher::load_prompt("", BatchForm::Tasks))),
      alpaca_(or_throw(TaskBatcher::load_prompt("", BatchForm::Answered))),
      teacher_form_(teacher_.render({{"instruction", ""}})) {
  using Form = AskedJudgement::Form;
  constexpr std::pair<Form, const char*> kJudges[] = {{Form::ScoresFirst, "judge_scores"},
                                                      {Form::ScoresFirst, "judge_scores_coding"},
                                                      {Form::ScoresLast, "judge_scores_math"},
                                                      {Form::Grade, "judge_grade"},
                                                      {Form::Grade, "judge_grade_reference"},
                                                      {Form::Grade, "judge_grade_second"},
                                                      {Form::Grade, "judge_grade_second_reference"},
                                                      {Form::Better, "judge_better"},
                                                      {Form::Better, "judge_better_reference"},
                                                      {Form::Better, "judge_better_second"},
                                                      {Form::Better, "judge_better_second_reference"},
                                                      {Form::Prefer, "judge_prefer"}};
  for (const auto& [form, name] : kJudges) judges_.emplace_back(form, or_throw(Prompt::named(name)));
}

Asked Reader::read(const std::vector<ChatMessage>& messages) const {
  if (auto slots = teacher_.match(messages)) return AskedAnswer{.instruction = take(*slots, "instruction")};
  if (auto slots = referee_.match(messages))
    return AskedVerdict{take(*slots, "instruction"), take(*slots, "first"), take(*slots, "second")};
  if (auto slots = generate_hard_.match(messages))
    return AskedInstruction{take(*slots, "seed"), WriteMode::SameTask};
  if (auto slots = generate_easy_.match(messages))
    return AskedInstruction{take(*slots, "seed"), WriteMode::Rarer};
  if (auto slots = classifier_.match(messages)) return AskedLabel{take(*slots, "instruction")};
  for (const auto& [style, prompt] : rewriter_)
    if (auto slots = prompt.match(messages))
      return AskedRewrite{take(*slots, "instruction"), take(*slots, "answer"), take(*slots, "nonce"),
                          style == AnswerStyle::Derivation || style == AnswerStyle::Knowledge};
  if (auto asked = read_writer_request(messages)) return *std::move(asked);
  if (auto judgement = read_judgement(messages)) return *std::move(judgement);
  return read_question(messages);
}

std::optional<Asked> Reader::read_writer_request(const std::vector<ChatMessage>& messages) const {
  for (const auto& [evolution, prompt] : evolver_)
    if (auto slots = prompt.match(messages)) return AskedEvolution{take(*slots, "seed"), evolution};
  if (auto slots = compare_.match(messages))
    return AskedComparison{take(*slots, "first"), take(*slots, "second")};
  for (const BatchForm form : {BatchForm::Tasks, BatchForm::Answered}) {
    auto slots = (form == BatchForm::Answered ? alpaca_ : batch_).match(messages);
    if (!slots) continue;
    AskedBatch asked{.form = form};
    // A sample without an answer is none in Alpaca's form; its task is read all the same.
    asked.samples = parse_batch((*slots)["samples"], BatchForm::Tasks).value_or(std::vector<BatchTask>());
    for (BatchTask& task : asked.samples)
      if (form == BatchForm::Answered) task.text = task.text.substr(0, task.text.find("\nInput:"));
    asked.next = number_of((*slots)["next"]);
    asked.last = number_of((*slots)["last"]);
    return asked;
  }
  return std::nullopt;
}

std::optional<AskedJudgement> Reader::read_judgement(const std::vector<ChatMessage>& messages) const {
  if (messages.empty() || messages[0].role != "system") return std::nullopt;
  for (const auto& [form, prompt] : judges_) {
    auto slots = prompt.match(messages);
    if (!slots) continue;
    const std::string next = slots->count("next_question") > 0 ? "next_" : "";
    AskedJudgement asked{.form = form, .instruction = take(*slots, next + "question")};
    asked.first = take(*slots, next + (form == AskedJudgement::Form::Grade ? "answer" : "first"));
    asked.second = take(*slots, next + "second");
    return asked;
  }
  return std::nullopt;
}

// A system message of somebody's own, with our teacher's form in the user message or without it.
AskedAnswer Reader::read_question(const std::vector<ChatMessage>& messages) const {
  AskedAnswer asked;
  for (const ChatMessage& message : messages) {
    if (message.role == "system") asked.explain = asked.explain || asks_to_explain(message.content);
    if (message.role == "user") asked.instruction = message.content;
  }
  std::vector<ChatMessage> formed = teacher_form_;
  formed.back().content = asked.instruction;
  if (auto slots = teacher_.match(formed)) asked.instruction = take(*slots, "instruction");
  return asked;
}

std::optional<Understood> understand_request(std::string_view text) {
  if (std::optional<Item> item = understand(text)) return Understood{std::move(*item), false};
  // Cut off the last sentence or line when it is about the working, and look at what is left.
  size_t end = text.find_last_not_of(" \t\r\n.!");
  if (end == std::string_view::npos) return std::nullopt;
  size_t cut = text.find_last_of(".!?:\n", end);
  if (cut == std::string_view::npos || !asks_to_explain(text.substr(cut + 1))) return std::nullopt;
  std::optional<Item> item = understand(text.substr(0, cut + 1));
  if (!item) return std::nullopt;
  return Understood{std::move(*item), true};
}

}  // namespace retort::practice
