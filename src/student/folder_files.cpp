#include "student/folder_files.h"

namespace retort {
namespace {

constexpr size_t kBytesMax = size_t{64} << 20;
// What other programs read of a tokenizer, beside what we do.
constexpr const char* kOtherFiles[] = {"tokenizer.model", "vocab.json", "merges.txt", "added_tokens.json"};

Result<Json> read_optional(const Path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Json::object();
  std::string text = RETORT_TRY(read_file(path, kBytesMax));
  Result<Json> json = parse_json(text);
  if (!json) return Error{json.error().code, format("{}: {}", path.string(), json.error().message)};
  if (!json->is_object())
    return Error{ErrorCode::Malformed, format("{} holds no JSON object", path.string())};
  return json;
}

Result<void> write_json(const Path& path, const Json& json) {
  return write_file_atomic(path, json.dump(2) + "\n");
}

// A role that a special token plays, and the token; none when the tokenizer has none.
struct SpecialToken {
  std::string text;
  int32_t id = -1;
};

// The token that starts a text (`transformers` wants one where nothing is asked) and the one that fills rows.
SpecialToken first_known(const Tokenizer& tokenizer, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (int32_t id = tokenizer.special(name); id >= 0) return {name, id};
  return {};
}
SpecialToken begin_token(const Tokenizer& tokenizer) {
  return first_known(tokenizer, {"<|ask|>", "<|begin_of_text|>", "<s>", "<|im_start|>", "<|endoftext|>"});
}
SpecialToken pad_token(const Tokenizer& tokenizer, const ChatTemplate& chat) {
  SpecialToken pad = first_known(tokenizer, {"<|pad|>", "<pad>", "<|endoftext|>"});
  return pad.id >= 0 ? pad : SpecialToken{chat.end_text(), chat.end_token()};
}

void set_absent(Json& json, const char* name, const Json& value) {
  if (json.find(name) == nullptr) json.set(name, value);
}

Json token_or_null(const SpecialToken& token) { return token.id < 0 ? Json() : Json(token.text); }
Json id_or_null(const SpecialToken& token) { return token.id < 0 ? Json() : Json(token.id); }

void set_token_ids(Json& json, const Tokenizer& tokenizer, const ChatTemplate& chat) {
  set_absent(json, "bos_token_id", id_or_null(begin_token(tokenizer)));
  set_absent(json, "pad_token_id", id_or_null(pad_token(tokenizer, chat)));
  json.set("eos_token_id", chat.end_token());  // what the student was trained to end with
}

Json tokenizer_config(const FolderFiles& files, const Tokenizer& tokenizer, const ChatTemplate& chat,
                      int64_t context) {
  Json json = files.tokenizer_config;
  set_absent(json, "tokenizer_class", "PreTrainedTokenizerFast");
  set_absent(json, "model_max_length", Json(static_cast<long>(context)));
  set_absent(json, "clean_up_tokenization_spaces", false);
  set_absent(json, "bos_token", token_or_null(begin_token(tokenizer)));
  set_absent(json, "pad_token", token_or_null(pad_token(tokenizer, chat)));
  return json.set("eos_token", chat.end_text()).set("chat_template", chat.jinja());
}

Json generation_config(const FolderFiles& files, const Tokenizer& tokenizer, const ChatTemplate& chat,
                       const StudentSampling& sampling) {
  Json json = files.generation_config;
  set_token_ids(json, tokenizer, chat);
  for (const char* drawing : {"temperature", "top_k", "top_p"})
    if (json.find(drawing) != nullptr) json.set(drawing, nullptr);
  json.set("do_sample", sampling.temperature > 0);
  json.set("max_new_tokens", Json(static_cast<long>(sampling.tokens_max)));
  if (sampling.temperature > 0)
    json.set("temperature", sampling.temperature)
        .set("top_k", Json(static_cast<long>(sampling.top_k)))
        .set("top_p", sampling.top_p);
  return json;
}

std::string_view token_text(const Json& token) {
  return token.is_object() ? token.at_path("content").string_or("") : token.string_or("");
}

// The opened folder's, with the roles that tokenizer_config.json gives to other tokens now. A token that kept
// its role keeps how it was described (a text, or an object with flags).
Json special_tokens(const FolderFiles& files, const Json& tokenizer_config) {
  Json map = files.special_tokens_map;
  for (const char* role : {"bos_token", "eos_token", "pad_token"}) {
    const Json& token = tokenizer_config.at_path(role);
    if (!token.is_null() && token_text(token) != token_text(map.at_path(role))) map.set(role, token);
  }
  return map;
}

}  // namespace

Result<FolderFiles> read_folder_files(const Path& folder) {
  FolderFiles files;
  files.config = RETORT_TRY(read_optional(folder / "config.json"));
  files.tokenizer_config = RETORT_TRY(read_optional(folder / "tokenizer_config.json"));
  files.generation_config = RETORT_TRY(read_optional(folder / "generation_config.json"));
  files.special_tokens_map = RETORT_TRY(read_optional(folder / "special_tokens_map.json"));
  for (const char* name : kOtherFiles) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(folder / name, error)) continue;
    files.others.emplace_back(name, RETORT_TRY(read_file(folder / name, kBytesMax)));
  }
  return files;
}

Json config_extra(const FolderFiles& files, const Tokenizer& tokenizer, const ChatTemplate& chat) {
  Json extra = Json::object();
  for (const auto& [name, value] : files.config.members())
    if (name != "dtype" && name != "torch_dtype")
      extra.set(name, value);  // the file's own, not the old one's
  set_token_ids(extra, tokenizer, chat);
  return extra;
}

Result<void> write_folder_files(const Path& folder, const FolderFiles& files, const Tokenizer& tokenizer,
                                const ChatTemplate& chat, const StudentSampling& sampling, int64_t context) {
  RETORT_TRY(write_file_atomic(folder / "tokenizer.json", tokenizer.json()));
  Json config = tokenizer_config(files, tokenizer, chat, context);
  RETORT_TRY(write_json(folder / "tokenizer_config.json", config));
  RETORT_TRY(write_json(folder / "special_tokens_map.json", special_tokens(files, config)));
  for (const auto& [name, bytes] : files.others) RETORT_TRY(write_file_atomic(folder / name, bytes));
  // Where this file exists it wins over tokenizer_config.json, so an old one must not stay.
  std::error_code error;
  if (std::filesystem::exists(folder / "chat_template.jinja", error))
    RETORT_TRY(write_file_atomic(folder / "chat_template.jinja", chat.jinja()));
  return write_json(folder / "generation_config.json", generation_config(files, tokenizer, chat, sampling));
}

}  // namespace retort
