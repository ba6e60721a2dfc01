// A prompt is data: a text file with a system part, a user part and {slots}. Rendering fills the slots;
// `match` undoes it, which is how the practice teacher reads what it was asked. The user's file replaces
// ours, and its hash is part of each call's key.
//
// File format: lines before a line "---" are the system message (without its last line end; none: no system
// message), every byte after that line is the user message; "{name}" is a slot (a-z and _), "{{" a brace.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "chat/chat.h"

namespace retort {

using PromptSlots = std::map<std::string, std::string, std::less<>>;

class Prompt {
 public:
  struct Piece {
    bool slot;
    std::string text;  // literal, or the slot's name
  };

  // Malformed when there is no "---" line or a slot is not closed. `name` for messages.
  static Result<Prompt> parse(std::string_view text, std::string_view name);
  // One of ours by name ("teacher", "referee", "generate_hard", "generate_easy"), embedded in the program;
  // NotFound otherwise.
  static Result<Prompt> named(std::string_view name);
  // The file when `path` is not empty, else ours by name. Malformed unless the file has the slots that ours
  // has: one that is missing would leave an answer out of every call, one that nobody fills would stop the
  // run.
  static Result<Prompt> load(const Path& path, std::string_view name);

  // Every slot of the text must be given (check). What is put in is never scanned for slots again.
  std::vector<ChatMessage> render(const PromptSlots& slots) const;
  // The slots of a message list that `render` made; a slot that occurs twice must hold the same text both
  // times; nothing when it does not fit. Deterministic where several splits fit: each message on its own,
  // system first, the earliest slot as long as possible. Takes linear time once every slot that occurs twice
  // in a message is known (as in our prompts, whose fences are found in the system message).
  std::optional<PromptSlots> match(const std::vector<ChatMessage>& messages) const;
  std::set<std::string> slot_names() const;
  const std::string& hash() const { return hash_; }  // SHA-256 hex of the file's text

 private:
  std::vector<Piece> system_, user_;
  std::string hash_;
};

}  // namespace retort
