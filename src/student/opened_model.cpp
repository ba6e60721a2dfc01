#include "student/opened_model.h"

#include "gguf/tokenizer.h"
#include "model/folder.h"
#include "model/gguf_model.h"
#include "tokenizer/tokenizer.h"

namespace retort {
namespace {

constexpr size_t kTokenizerBytesMax = size_t{64} << 20, kTemplateBytesMax = size_t{1} << 20;

// Where a folder keeps its template apart, that one counts.
Result<void> take_template(const Path& folder, Json& tokenizer_config) {
  std::error_code error;
  Path file = folder / "chat_template.jinja";
  if (!std::filesystem::exists(file, error)) return {};
  tokenizer_config.set("chat_template", RETORT_TRY(read_file(file, kTemplateBytesMax)));
  return {};
}

Result<OpenedModel> open_gguf(const Path& path, torch::ScalarType dtype) {
  GgufFile file = RETORT_TRY(GgufFile::open(path));
  Result<GgufTokenizer> tokenizer = tokenizer_of_gguf(file.metadata());
  if (!tokenizer) return file.blame(tokenizer.error());
  GgufModel model = RETORT_TRY(load_gguf_model(file, dtype));
  OpenedModel opened{std::move(model.decoder), std::move(tokenizer->tokenizer_json), {}};
  opened.files.config = std::move(model.config);
  opened.files.tokenizer_config = std::move(tokenizer->tokenizer_config);
  return opened;
}

}  // namespace

bool is_gguf(const Path& path) {
  std::error_code error;
  return path.extension() == ".gguf" && !std::filesystem::is_directory(path, error);
}

Result<OpenedModel> open_model(const Path& from, torch::ScalarType dtype) {
  if (is_gguf(from)) return open_gguf(from, dtype);
  ModelFolder model = RETORT_TRY(load_model_folder(from, dtype));
  OpenedModel opened{std::move(model.decoder),
                     RETORT_TRY(read_file(from / "tokenizer.json", kTokenizerBytesMax)),
                     RETORT_TRY(read_folder_files(from))};
  RETORT_TRY(take_template(from, opened.files.tokenizer_config));
  return opened;
}

Result<ChatTemplate> choose_template(const std::string& name, const FolderFiles& files,
                                     const Tokenizer& tokenizer) {
  if (name != "own") return ChatTemplate::named(name, tokenizer);
  const Json* own = &files.tokenizer_config.at_path("chat_template");
  for (const Json& one : own->items())  // of several, the one called "default"
    if (one.at_path("name").string_or("") == "default") own = &one.at_path("template");
  if (std::string_view jinja = own->string_or(""); !jinja.empty())
    return ChatTemplate::parse(jinja, files.tokenizer_config, tokenizer);
  return Error{
      ErrorCode::NotFound,
      "the model brings no chat template; name one instead of \"own\": chatml, llama3, alpaca, lion..."};
}

Result<ReadyModel> make_ready(Decoder decoder, std::unique_ptr<Tokenizer> tokenizer, FolderFiles files,
                              torch::Device device, const std::string& chat_template) {
  if (tokenizer->size() > decoder.config.vocabulary)
    return Error{ErrorCode::Mismatch,
                 format("the tokenizer has {} tokens, the model {}; get both from the same folder",
                        tokenizer->size(), decoder.config.vocabulary)};
  ChatTemplate chat = RETORT_TRY(choose_template(chat_template, files, *tokenizer));
  move_to(device, decoder);
  return ReadyModel{std::move(decoder), std::move(tokenizer), std::move(chat), std::move(files)};
}

Result<ReadyModel> open_ready(const Path& from, torch::Device device, const std::string& chat_template,
                              torch::ScalarType dtype) {
  OpenedModel model = RETORT_TRY(open_model(from, dtype));
  Result<std::unique_ptr<Tokenizer>> tokenizer = Tokenizer::parse(model.tokenizer_json);
  if (!tokenizer)
    return Error{tokenizer.error().code, format("{}: {}", from.string(), tokenizer.error().message)};
  return make_ready(std::move(model.decoder), *std::move(tokenizer), std::move(model.files), device,
                    chat_template);
}

}  // namespace retort
