// The shapes in which an instruction row may come.
#include "data/rows.h"
#include "data/training_row.h"

namespace retort {
namespace {

Error bad(std::string reason) { return {ErrorCode::Malformed, std::move(reason)}; }

// The text of a member; empty when it is absent or null.
Result<std::string> text_of(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  if (member == nullptr || member->is_null()) return std::string();
  if (!member->is_string()) return bad(format("\"{}\" is not a string", name));
  return std::string(member->string_or(""));
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Result<DataRow> from_fields(const Json& json, std::string_view instruction, std::string_view output) {
  DataRow row;
  row.instruction = RETORT_TRY(text_of(json, instruction));
  if (!output.empty()) row.output = RETORT_TRY(text_of(json, output));
  return row;
}

Result<DataRow> from_instruction(const Json& json) {
  DataRow row = RETORT_TRY(from_fields(json, "instruction", "output"));
  std::string input = RETORT_TRY(text_of(json, "input"));
  // An input alone would be a question without its task.
  if (!is_blank(row.instruction) && !is_blank(input)) row.instruction += "\n" + input;
  return row;
}

// One question and its answer, if any: a conversation of more turns is no instruction.
Result<DataRow> from_turns(const Json& json, std::string_view member) {
  const Error refusal = bad(format("\"{}\" must be one user turn and at most one assistant turn", member));
  const Result<TrainingRow> conversation = make_training_row(json);
  if (!conversation) return refusal;
  DataRow row;
  const std::vector<TrainingTurn>& turns = conversation->turns;
  const bool fits =
      turns[0].role == "user" && (turns.size() == 1 || (turns.size() == 2 && turns[1].role == "assistant"));
  if (!fits) return refusal;
  row.instruction = turns[0].content;
  if (turns.size() == 2) row.output = turns[1].content;
  return row;
}

Result<DataRow> from_shape(const Json& json) {
  if (json.find("instruction") != nullptr) return from_instruction(json);
  if (json.find("prompt") != nullptr) return from_fields(json, "prompt", "completion");
  for (const char* member : {"messages", "conversations"})
    if (json.find(member) != nullptr) return from_turns(json, member);
  return from_fields(json, "text", "");
}

}  // namespace

Result<DataRow> make_row(const Json& json) {
  if (!json.is_object()) return bad("not a JSON object");
  DataRow row = RETORT_TRY(from_shape(json));
  if (is_blank(row.instruction)) return bad("no instruction (nor prompt, messages or text)");
  row.kind = RETORT_TRY(text_of(json, "kind"));
  // An empty answer would teach silence.
  row.has_output = !is_blank(row.output);
  if (!row.has_output) row.output.clear();
  return row;
}

}  // namespace retort
