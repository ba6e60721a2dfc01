#include "student/opened_model.h"

#include "gguf/tokenizer.h"
#include "model/folder.h"
#include "model/gguf_model.h"
#include "tokenizer/tokenizer.h"

namespace retort {
namespace {

constexpr size_t kTokenizerBytesMax = size_t{64} << 20;

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
  return opened;
}

}  // namespace retort
