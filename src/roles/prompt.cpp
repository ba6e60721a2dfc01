#include "roles/prompt.h"

#include <algorithm>
#include <span>

#include "base/hash.h"
#include "roles/prompt_texts.h"

namespace retort {
namespace {

using Piece = Prompt::Piece;
using Pieces = std::span<const Piece>;

Error malformed(std::string_view name, std::string_view what) {
  return {ErrorCode::Malformed, format("prompt {}: {}", name, what)};
}

// Literals and slots in turn; neighbouring literals are one.
Result<std::vector<Piece>> parse_pieces(std::string_view text, std::string_view name) {
  std::vector<Piece> pieces;
  std::string literal;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '{' || text.substr(i, 2) == "{{") {
      literal += text[i];
      i += text[i] == '{' ? 2 : 1;
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '_')) ++end;
    if (end == i + 1 || end == text.size() || text[end] != '}')
      return malformed(name, "a { opens no slot like {instruction}; close it, or write {{ for a brace");
    if (!literal.empty()) pieces.push_back({false, std::move(literal)});
    literal.clear();
    pieces.push_back({true, std::string(text.substr(i + 1, end - i - 1))});
    i = end + 1;
  }
  if (!literal.empty()) pieces.push_back({false, std::move(literal)});
  return pieces;
}

std::string fill(Pieces pieces, const PromptSlots& slots) {
  std::string text;
  for (const Piece& piece : pieces) {
    auto found = piece.slot ? slots.find(piece.text) : slots.end();
    RETORT_CHECK(!piece.slot || found != slots.end(), "nothing given for slot {}", piece.text);
    text += piece.slot ? found->second : piece.text;
  }
  return text;
}

// What a piece stands for, when that is known already; nullptr for a slot that is still open.
const std::string* known_text(const Piece& piece, const PromptSlots& slots) {
  if (!piece.slot) return &piece.text;
  auto found = slots.find(piece.text);
  return found == slots.end() ? nullptr : &found->second;
}

// Takes what is known off both ends, so that the pieces left begin and end with open slots. False when the
// text does not have it there.
bool trim_known(Pieces& pieces, std::string_view& text, const PromptSlots& slots) {
  while (!pieces.empty()) {
    const std::string* known = known_text(pieces.front(), slots);
    if (known == nullptr) break;
    if (!text.starts_with(*known)) return false;
    text.remove_prefix(known->size());
    pieces = pieces.subspan(1);
  }
  while (!pieces.empty()) {
    const std::string* known = known_text(pieces.back(), slots);
    if (known == nullptr) break;
    if (!text.ends_with(*known)) return false;
    text.remove_suffix(known->size());
    pieces = pieces.first(pieces.size() - 1);
  }
  return true;
}

bool has_open_slot_twice(Pieces pieces, const PromptSlots& slots) {
  std::set<std::string_view> seen;
  for (const Piece& piece : pieces)
    if (known_text(piece, slots) == nullptr && !seen.insert(piece.text).second) return true;
  return false;
}

// Open slots that all differ: every run of known text goes as far right as it can, from the last to the
// first. That finds a split whenever there is one, and makes the earliest slot longest.
bool fit_rightmost(Pieces pieces, std::string_view text, PromptSlots& slots) {
  PromptSlots found;
  while (!pieces.empty()) {
    size_t i = pieces.size() - 1;  // the last open slot; pieces[begin, i) is the known run before it
    size_t begin = i;
    while (begin > 0 && known_text(pieces[begin - 1], slots) != nullptr) --begin;
    std::string run = fill(pieces.subspan(begin, i - begin), slots);
    size_t at = begin == 0 ? 0 : text.rfind(run);
    if (at == std::string_view::npos) return false;
    found[pieces[i].text] = text.substr(at + run.size());
    text = text.substr(0, at);
    pieces = pieces.first(begin);
  }
  slots.merge(found);
  return true;
}

bool fit(Pieces pieces, std::string_view text, PromptSlots& slots) {
  if (!trim_known(pieces, text, slots)) return false;
  if (pieces.empty()) return text.empty();
  if (!has_open_slot_twice(pieces, slots)) return fit_rightmost(pieces, text, slots);
  // Some slot occurs twice: try each end of the first slot, the longest first, until the rest agrees.
  size_t end = 1;
  while (end < pieces.size() && known_text(pieces[end], slots) != nullptr) ++end;
  std::string run = fill(pieces.subspan(1, end - 1), slots);
  for (size_t at = text.rfind(run); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind(run, at - 1)) {
    PromptSlots attempt = slots;
    attempt[pieces[0].text] = text.substr(0, at);
    if (fit(pieces.subspan(end), text.substr(at + run.size()), attempt)) {
      slots = std::move(attempt);
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Prompt> Prompt::parse(std::string_view text, std::string_view name) {
  Prompt prompt;
  prompt.hash_ = sha256_hex(text);
  std::string unix_text;
  for (size_t i = 0; i < text.size(); ++i)
    if (text.substr(i, 2) != "\r\n") unix_text += text[i];
  std::string_view rest = unix_text;
  size_t rule = rest.starts_with("---\n") ? 0 : rest.find("\n---\n");
  if (rule == std::string_view::npos)
    return malformed(name, "no line \"---\" between the system message and the user message; add one");
  prompt.system_ = RETORT_TRY(parse_pieces(rest.substr(0, rule), name));
  rest.remove_prefix(rest.find("---\n", rule) + 4);
  prompt.user_ = RETORT_TRY(parse_pieces(rest, name));
  return prompt;
}

Result<Prompt> Prompt::named(std::string_view name) {
  for (const PromptText& prompt : prompt_texts())
    if (prompt.name == name) return parse(prompt.text, name);
  return Error{ErrorCode::NotFound, format("no prompt is called {}; see the folder prompts/", name)};
}

Result<Prompt> Prompt::load(const Path& path, std::string_view name) {
  Prompt ours = RETORT_TRY(named(name));
  if (path.empty()) return ours;
  Prompt prompt = RETORT_TRY(parse(RETORT_TRY(read_file(path, size_t{1} << 20)), path.string()));
  std::set<std::string> wanted = ours.slot_names(), got = prompt.slot_names();
  for (const std::string& slot : wanted)
    if (!got.contains(slot))
      return malformed(path.string(), format("the slot {{{}}} is missing; put it in", slot));
  for (const std::string& slot : got)
    if (!wanted.contains(slot))
      return malformed(path.string(), format("nothing fills the slot {{{}}}; take it out", slot));
  return prompt;
}

std::vector<ChatMessage> Prompt::render(const PromptSlots& slots) const {
  std::vector<ChatMessage> messages;
  if (!system_.empty()) messages.push_back({"system", fill(system_, slots)});
  messages.push_back({"user", fill(user_, slots)});
  return messages;
}

std::optional<PromptSlots> Prompt::match(const std::vector<ChatMessage>& messages) const {
  size_t user = system_.empty() ? 0 : 1;
  if (messages.size() != user + 1 || messages[user].role != "user") return std::nullopt;
  PromptSlots slots;
  if (user == 1 && (messages[0].role != "system" || !fit(system_, messages[0].content, slots)))
    return std::nullopt;
  if (!fit(user_, messages[user].content, slots)) return std::nullopt;
  return slots;
}

std::set<std::string> Prompt::slot_names() const {
  std::set<std::string> names;
  for (const auto* pieces : {&system_, &user_})
    for (const Piece& piece : *pieces)
      if (piece.slot) names.insert(piece.text);
  return names;
}

}  // namespace retort
