#include "tokenizer/pre_tokenizer.h"

#include "tokenizer/unicode_class.h"

namespace retort {
namespace {

using Step = PreTokenizer::Step;
using Behavior = PreTokenizer::Behavior;
using Pieces = std::vector<std::string_view>;

// Takes matches and the gaps between them in order, and makes pieces of them.
class Cutter {
 public:
  Cutter(Behavior behavior, Pieces& pieces) : behavior_(behavior), pieces_(pieces) {}
  void gap(std::string_view text) {
    if (text.empty()) return;
    bool joins = behavior_ == Behavior::MergedWithNext && open_;
    joins ? grow(text) : pieces_.push_back(text);
    open_ = false;
    after_gap_ = true;
  }
  void match(std::string_view text) {
    if (text.empty()) return;
    switch (behavior_) {
      case Behavior::Removed:
        break;
      case Behavior::Isolated:
        pieces_.push_back(text);
        break;
      // `tokenizers` lets a match join a gap, and a run of matches stay apart.
      case Behavior::MergedWithPrevious:
        after_gap_ ? grow(text) : pieces_.push_back(text);
        break;
      case Behavior::MergedWithNext:
        pieces_.push_back(text);
        break;
      case Behavior::Contiguous:
        open_ ? grow(text) : pieces_.push_back(text);
        break;
    }
    open_ = true;
    after_gap_ = false;
  }

 private:
  void grow(std::string_view text) {
    std::string_view& last = pieces_.back();
    last = std::string_view(last.data(), last.size() + text.size());
  }
  Behavior behavior_;
  Pieces& pieces_;
  bool open_ = false, after_gap_ = false;  // what came last: a match, a gap
};

template <class MatchEnd>
void cut(std::string_view text, Behavior behavior, Pieces& pieces, MatchEnd match_end) {
  Cutter cutter(behavior, pieces);
  size_t from = 0;  // of the gap
  for (size_t at = 0; at < text.size();) {
    size_t end = match_end(at);
    if (end > at) {
      cutter.gap(text.substr(from, at - from));
      cutter.match(text.substr(at, end - at));
      from = at = end;
    } else {
      at += character_at(text, at).bytes;
    }
  }
  cutter.gap(text.substr(from));
}

void cut_literal(std::string_view text, std::string_view sought, Behavior behavior, Pieces& pieces) {
  Cutter cutter(behavior, pieces);
  while (true) {
    size_t at = text.find(sought);
    if (at == std::string_view::npos) break;
    cutter.gap(text.substr(0, at));
    cutter.match(text.substr(at, sought.size()));
    text.remove_prefix(at + sought.size());
  }
  cutter.gap(text);
}

std::string replaced(std::string_view text, char from, std::string_view to) {
  std::string out;
  for (char c : text)
    if (c == from)
      out += to;
    else
      out += c;
  return out;
}

void metaspace(const Step& step, std::string_view text, Place place, PreTokenizer::Made& made,
               Pieces& pieces) {
  std::string marked = replaced(text, ' ', step.text);
  bool wanted = step.prepend == PreTokenizer::Prepend::Always ||
                (step.prepend == PreTokenizer::Prepend::First && place == Place::TextStart);
  if (wanted && place != Place::Continuation && !marked.starts_with(step.text)) marked.insert(0, step.text);
  std::string_view kept = made.emplace_back(std::move(marked));
  if (!step.cuts) return pieces.push_back(kept);
  cut_literal(kept, step.text, Behavior::MergedWithNext, pieces);
}

bool is_punctuation(const Character& c) {
  constexpr std::string_view kAsciiSymbols = "$+<=>^`|~";
  bool symbol =
      c.code_point < 0x80 && kAsciiSymbols.find(static_cast<char>(c.code_point)) != std::string::npos;
  return c.kind == CharacterClass::Punctuation || symbol;
}

// \w+|[^\w\s]+ : runs of word characters, runs of other visible ones.
size_t words_end(std::string_view text, size_t at) {
  auto kind = [](const Character& c) {
    if (c.bytes == 0 || c.kind == CharacterClass::Space) return 0;
    bool word = is_letter(c.kind) || c.kind == CharacterClass::Number || c.kind == CharacterClass::Mark;
    return word || c.code_point == '_' ? 1 : 2;
  };
  int first = kind(character_at(text, at));
  if (first == 0) return at;
  while (kind(character_at(text, at)) == first) at += character_at(text, at).bytes;
  return at;
}

void run_step(const Step& step, std::string_view text, Place place, PreTokenizer::Made& made,
              Pieces& pieces) {
  switch (step.kind) {
    case PreTokenizer::Kind::Pattern:
      return cut(text, step.behavior, pieces, [&](size_t at) { return match_end(step.pattern, text, at); });
    case PreTokenizer::Kind::Literal:
      return cut_literal(text, step.text, step.behavior, pieces);
    case PreTokenizer::Kind::Metaspace:
      return metaspace(step, text, place, made, pieces);
    case PreTokenizer::Kind::PrefixSpace:
      if (text.starts_with(' ') || place == Place::Continuation) return pieces.push_back(text);
      return pieces.push_back(made.emplace_back(" " + std::string(text)));
    case PreTokenizer::Kind::Punctuation:
      return cut(text, step.behavior, pieces, [&](size_t at) {
        Character next = character_at(text, at);
        return is_punctuation(next) ? at + next.bytes : at;
      });
    case PreTokenizer::Kind::Words: {
      // What is between the words is white space, and goes.
      for (size_t at = 0; at < text.size();) {
        size_t end = words_end(text, at);
        if (end > at) pieces.push_back(text.substr(at, end - at));
        at = end > at ? end : at + character_at(text, at).bytes;
      }
      return;
    }
  }
}

}  // namespace

void PreTokenizer::split(std::string_view text, Place place, Made& made, Pieces& pieces) const {
  if (text.empty()) return;
  if (steps.empty()) return pieces.push_back(text);
  if (steps.size() == 1) return run_step(steps[0], text, place, made, pieces);
  Pieces now = {text}, next;
  for (const Step& step : steps) {
    next.clear();
    Place where = place;
    for (std::string_view piece : now) {
      run_step(step, piece, where, made, next);
      if (where == Place::TextStart) where = Place::Later;
    }
    now.swap(next);
  }
  pieces.insert(pieces.end(), now.begin(), now.end());
}

PreTokenizer gpt2_pre_tokenizer() { return {.steps = {PreTokenizer::Step{}}, .byte_level = true}; }

}  // namespace retort
