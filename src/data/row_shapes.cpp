// The shapes in which an instruction row may come.
#include "data/rows.h"

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

Result<DataRow> from_messages(const Json& messages) {
  DataRow row;
  const Json::Array& turns = messages.items();
  if (turns.empty() || turns.size() > 2)
    return bad("\"messages\" must be one user turn and at most one assistant turn");
  for (size_t i = 0; i < turns.size(); ++i) {
    std::string role = RETORT_TRY(text_of(turns[i], "role"));
    if (role != (i == 0 ? "user" : "assistant"))
      return bad("\"messages\" must be one user turn and at most one assistant turn");
    (i == 0 ? row.instruction : row.output) = RETORT_TRY(text_of(turns[i], "content"));
  }
  return row;
}

Result<DataRow> from_shape(const Json& json) {
  if (json.find("instruction") != nullptr) return from_instruction(json);
  if (json.find("prompt") != nullptr) return from_fields(json, "prompt", "completion");
  if (const Json* messages = json.find("messages")) return from_messages(*messages);
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
