// The text files of a student's folder beside config.json and the weights: tokenizer.json,
// tokenizer_config.json, special_tokens_map.json, generation_config.json, as `transformers` reads them. What
// an opened folder said and we do not understand is kept.
#pragma once

#include "base/file.h"
#include "base/json.h"
#include "student/student.h"
#include "tokenizer/chat_template.h"
#include "tokenizer/tokenizer.h"

namespace retort {

struct FolderFiles {
  Json config = Json::object();              // of an opened folder; empty for a fresh student
  Json tokenizer_config = Json::object();    // the same
  Json generation_config = Json::object();   // the same
  Json special_tokens_map = Json::object();  // the same
  // Other files of its tokenizer (tokenizer.model, merges.txt...), to be written as they were: name and
  // bytes.
  std::vector<std::pair<std::string, std::string>> others;
};
// A folder without them has none; a malformed one is an error.
Result<FolderFiles> read_folder_files(const Path& folder);

// What config.json gets beyond the decoder's sizes: the opened folder's members and the token ids.
Json config_extra(const FolderFiles& files, const Tokenizer& tokenizer, const ChatTemplate& chat);
// Writes the four files, and the others as they were read.
Result<void> write_folder_files(const Path& folder, const FolderFiles& files, const Tokenizer& tokenizer,
                                const ChatTemplate& chat, const StudentSampling& sampling, int64_t context);

}  // namespace retort
