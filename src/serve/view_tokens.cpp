#include "serve/view_tokens.h"

#include "base/utf8.h"
#include "serve/stage_name.h"
#include "tokenizer/chat_template.h"

namespace retort {
namespace {

constexpr size_t kTokensMax = 1'000;  // of one example

Json tokens_of(const TokenSequence& sequence, const Tokenizer& tokenizer) {
  Json tokens = Json::array();
  for (size_t i = 0; i < sequence.tokens.size() && i < kTokensMax; ++i)
    tokens.push(Json::array()
                    .push(replace_invalid_utf8(
                        tokenizer.decode(std::span(&sequence.tokens[i], 1), SpecialTokens::Show)))
                    .push(static_cast<int32_t>(i) >= sequence.response_begin));
  return tokens;
}

}  // namespace

Result<Json> training_examples(Database& database, const Path& folder, const std::string& stage,
                               int64_t count) {
  const std::optional<StageName> name = parse_stage_name(stage);
  if (!name || name->verb != "imitate" || (!name->prefix.empty() && name->prefix != "control/"))
    return Error{ErrorCode::InvalidArgument, "name a training, as \"imitate_1\""};
  const Path checkpoint =
      folder / "checkpoints" / format("{}imitate_{}", name->round == 0 ? "" : name->prefix, name->round);
  if (!std::filesystem::exists(checkpoint / "tokenizer.json"))
    return Error{ErrorCode::NotFound, "this training's checkpoint is not in the run folder"};
  const std::unique_ptr<Tokenizer> tokenizer = RETORT_TRY(Tokenizer::load(checkpoint / "tokenizer.json"));
  const ChatTemplate chat = RETORT_TRY(ChatTemplate::from_folder(checkpoint, *tokenizer));
  Json examples = Json::array();
  Query row = database.query(
      "SELECT i.id, i.text, t.text FROM teacher_answers t JOIN instructions i ON i.id = t.instruction_id "
      "WHERE t.stage_id = (SELECT id FROM stages WHERE name = ?) ORDER BY i.round DESC, i.id LIMIT ?",
      format("{}teach_{}", name->prefix, name->round), count);
  while (row.next())
    examples.push(Json::object()
                      .set("id", row.integer(0))
                      .set("tokens", tokens_of(chat.example(row.text(1), row.text(2)), *tokenizer)));
  return examples;
}

}  // namespace retort
