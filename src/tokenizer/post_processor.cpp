// Reads the member "post_processor" of a tokenizer.json: which special tokens stand around one text.
#include "base/utf8.h"
#include "tokenizer/tokenizer_json.h"

namespace retort {
namespace {

constexpr size_t kTokensMax = 64;

Error unknown(std::string_view what) {
  return {
      ErrorCode::InvalidArgument,
      format("tokenizer.json: this build does not know {} as a post-processor; use a model with a byte-level "
             "or SentencePiece-style tokenizer",
             terminal_safe(what, 60))};
}

Result<int32_t> parse_id(const Json& json, int64_t ids_end) {
  int64_t id = json.integer_or(-1);
  if (id < 0 || id >= ids_end)
    return Error{
        ErrorCode::Malformed,
        format("tokenizer.json: the post-processor adds the id {}, which no token has; get the file again "
               "from where the model comes from",
               json.dump().substr(0, 30))};
  return static_cast<int32_t>(id);
}

// {"SpecialToken": {"id": "<s>"}} or {"Sequence": {"id": "A"}}
Result<void> add_template(const Json& json, int64_t ids_end, TokenFrame& frame) {
  bool behind_text = false;
  for (const Json& item : json.at_path("single").items()) {
    if (item.find("Sequence") != nullptr) {
      behind_text = true;
      continue;
    }
    std::string_view name = item.at_path("SpecialToken/id").string_or("");
    const Json* specials = json.find("special_tokens");
    const Json* special = specials != nullptr ? specials->find(name) : nullptr;
    if (special == nullptr) return unknown(format("a template with the token {}", name));
    for (const Json& id : special->at_path("ids").items())
      (behind_text ? frame.after : frame.before).push_back(RETORT_TRY(parse_id(id, ids_end)));
  }
  return {};
}

Result<void> add(const Json& json, int64_t ids_end, TokenFrame& frame) {
  std::string_view type = json.at_path("type").string_or("(no type)");
  if (type == "Sequence") {
    for (const Json& step : json.at_path("processors").items()) RETORT_TRY(add(step, ids_end, frame));
  } else if (type == "TemplateProcessing") {
    RETORT_TRY(add_template(json, ids_end, frame));
  } else if (type == "RobertaProcessing" || type == "BertProcessing") {
    frame.before.push_back(RETORT_TRY(parse_id(json.at_path("cls/1"), ids_end)));
    frame.after.push_back(RETORT_TRY(parse_id(json.at_path("sep/1"), ids_end)));
  } else if (type != "ByteLevel") {  // which moves offsets only
    return unknown(type);
  }
  if (frame.before.size() + frame.after.size() > kTokensMax)
    return unknown(format("a template of more than {} tokens", kTokensMax));
  return {};
}

}  // namespace

Result<TokenFrame> parse_post_processor(const Json& json, int64_t ids_end) {
  TokenFrame frame;
  if (!json.is_null()) RETORT_TRY(add(json, ids_end, frame));
  return frame;
}

}  // namespace retort
