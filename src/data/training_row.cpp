#include "data/training_row.h"

#include "base/format.h"

namespace retort {
namespace {

Error bad(std::string reason) { return {ErrorCode::Malformed, std::move(reason)}; }

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Result<std::string> text_of(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  if (member == nullptr || member->is_null()) return std::string();
  if (!member->is_string()) return bad(format("\"{}\" is not a string", name));
  return std::string(member->string_or(""));
}

// ShareGPT's names beside OpenAI's.
std::string role_of(std::string_view name) {
  if (name == "human" || name == "user") return "user";
  if (name == "gpt" || name == "assistant" || name == "chatgpt" || name == "bing" || name == "bard")
    return "assistant";
  if (name == "system" || name == "developer") return "system";
  return name == "tool" || name == "observation" || name == "function_response" ? "tool" : "";
}

std::string_view sharegpt_name(std::string_view role) {
  return role == "user" ? "human" : role == "assistant" ? "gpt" : role == "tool" ? "observation" : role;
}

Result<void> read_turns(const Json& list, const char* role, const char* content, TrainingRow& row) {
  if (!list.is_array() || list.size() == 0) return bad("a conversation must be an array of turns");
  for (const Json& one : list.items()) {
    const std::string name = RETORT_TRY(text_of(one, role));
    TrainingTurn turn{role_of(name), RETORT_TRY(text_of(one, content))};
    if (turn.role.empty())
      return bad(format("\"{}\" is \"{}\", which is no role of a conversation", role, name));
    row.turns.push_back(std::move(turn));
  }
  return {};
}

Result<void> read_alpaca(const Json& json, const char* question, const char* answer, TrainingRow& row) {
  if (std::string system = RETORT_TRY(text_of(json, "system")); !system.empty())
    row.turns.push_back({"system", std::move(system)});
  row.turns.push_back({"user", RETORT_TRY(text_of(json, question))});
  row.input = RETORT_TRY(text_of(json, "input"));
  if (is_blank(row.input)) row.input.clear();
  if (*answer == '\0') return {};
  if (std::string said = RETORT_TRY(text_of(json, answer)); !is_blank(said))
    row.turns.push_back({"assistant", std::move(said)});
  return {};
}

// With the input where it belongs.
std::vector<TrainingTurn> whole_turns(const TrainingRow& row) {
  std::vector<TrainingTurn> turns = row.turns;
  for (TrainingTurn& turn : turns)
    if (turn.role == "user") {
      if (!row.input.empty()) turn.content += "\n" + row.input;
      break;
    }
  return turns;
}

Result<Json> alpaca_json(const TrainingRow& row) {
  Json json = Json::object();
  std::string system, question, answer;
  int stage = 0;  // 0: before the question, 1: after it, 2: after the answer
  for (const TrainingTurn& turn : row.turns) {
    if (turn.role == "system" && stage == 0)
      system = turn.content;
    else if (turn.role == "user" && stage == 0)
      question = turn.content, stage = 1;
    else if (turn.role == "assistant" && stage == 1)
      answer = turn.content, stage = 2;
    else
      return Error{
          ErrorCode::InvalidArgument,
          "a conversation of several turns does not fit in an alpaca row; write messages or sharegpt"};
  }
  json.set("instruction", question).set("input", row.input).set("output", answer);
  if (!system.empty()) json.set("system", system);
  return json;
}

}  // namespace

Result<RowShape> parse_row_shape(std::string_view name) {
  if (name == "alpaca") return RowShape::Alpaca;
  if (name == "sharegpt") return RowShape::ShareGpt;
  if (name == "messages") return RowShape::Messages;
  return Error{ErrorCode::InvalidArgument,
               format("there is no shape \"{}\"; use alpaca, sharegpt or messages", name)};
}

Result<TrainingRow> make_training_row(const Json& json) {
  if (!json.is_object()) return bad("not a JSON object");
  TrainingRow row;
  if (json.find("instruction") != nullptr)
    RETORT_TRY(read_alpaca(json, "instruction", "output", row));
  else if (json.find("prompt") != nullptr)
    RETORT_TRY(read_alpaca(json, "prompt", "completion", row));
  else if (const Json* messages = json.find("messages"))
    RETORT_TRY(read_turns(*messages, "role", "content", row));
  else if (const Json* conversations = json.find("conversations"))
    RETORT_TRY(read_turns(*conversations, "from", "value", row));
  else
    RETORT_TRY(read_alpaca(json, "text", "", row));
  bool asks = false;
  for (const TrainingTurn& turn : row.turns) asks = asks || (turn.role == "user" && !is_blank(turn.content));
  if (!asks) return bad("no instruction (nor prompt, messages, conversations or text)");
  row.kind = RETORT_TRY(text_of(json, "kind"));
  return row;
}

Result<Json> training_row_json(const TrainingRow& row, RowShape shape) {
  Json json = Json::object();
  if (shape == RowShape::Alpaca) {
    json = RETORT_TRY(alpaca_json(row));
  } else {
    const bool sharegpt = shape == RowShape::ShareGpt;
    Json list = Json::array();
    for (const TrainingTurn& turn : whole_turns(row))
      list.push(sharegpt ? Json::object().set("from", sharegpt_name(turn.role)).set("value", turn.content)
                         : Json::object().set("role", turn.role).set("content", turn.content));
    json.set(sharegpt ? "conversations" : "messages", std::move(list));
  }
  return row.kind.empty() ? json : json.set("kind", row.kind);
}

}  // namespace retort
