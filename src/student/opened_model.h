// A model as it lies on disk, in either form that a student may start from: a Hugging Face folder, or one
// GGUF file, whose values become the folder's files in memory.
#pragma once

#include "model/decoder.h"
#include "student/folder_files.h"

namespace retort {

struct OpenedModel {
  Decoder decoder;
  std::string tokenizer_json;
  FolderFiles files;  // tokenizer_config's chat_template is the one that counts, wherever it was
};
// A path that is no folder and ends in ".gguf" is a GGUF file. Errors name file and field.
Result<OpenedModel> open_model(const Path& from, torch::ScalarType dtype = torch::kFloat32);
bool is_gguf(const Path& path);
// The template called so, or the model's own ("own"); NotFound when it has none.
Result<ChatTemplate> choose_template(const std::string& name, const FolderFiles& files,
                                     const Tokenizer& tokenizer);

// A model that can be asked: its weights on the device, its template chosen.
struct ReadyModel {
  Decoder decoder;
  std::unique_ptr<Tokenizer> tokenizer;
  ChatTemplate chat;  // refers to the tokenizer
  FolderFiles files;
};
// Mismatch when the tokenizer has more tokens than the model.
Result<ReadyModel> make_ready(Decoder decoder, std::unique_ptr<Tokenizer> tokenizer, FolderFiles files,
                              torch::Device device, const std::string& chat_template);
Result<ReadyModel> open_ready(const Path& from, torch::Device device, const std::string& chat_template,
                              torch::ScalarType dtype = torch::kFloat32);

}  // namespace retort
