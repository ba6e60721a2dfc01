#include "roles/evolver.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/words.h"
#include "roles/fence.h"

namespace retort {
namespace {

constexpr size_t kSorryWords = 80;
// What our prompts call things, as WizardLM's "given prompt" and "rewritten prompt".
constexpr std::array<std::string_view, 4> kScaffolding = {"sample task", "new task", "given task",
                                                          "rewritten task"};
constexpr std::array<std::string_view, 24> kStopWords = {
    "a",  "an", "and", "are", "as", "at", "be",   "by",  "for",  "from", "i",   "in",
    "is", "it", "of",  "on",  "or", "so", "that", "the", "this", "to",   "was", "with"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

// Runs of letters, digits and bytes outside ASCII, in lower case.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (char c : lower(text) + " ") {
    const bool part =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (part) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

Error unparsable(std::string_view reason) { return {ErrorCode::Unparsable, std::string(reason)}; }

std::string_view undecorated(std::string_view text) {
  constexpr std::string_view kDecoration = " \t*_`\"'.#-";
  const size_t begin = text.find_first_not_of(kDecoration);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kDecoration) - begin + 1);
}

}  // namespace

std::string_view evolution_name(Evolution evolution) {
  switch (evolution) {
    case Evolution::Constrain:
      return "constrain";
    case Evolution::Deepen:
      return "deepen";
    case Evolution::Concretise:
      return "concretise";
    case Evolution::Reason:
      return "reason";
    case Evolution::Broaden:
      return "broaden";
  }
  return "";
}

Evolution draw_evolution(Random& random) { return kEvolutions[random.below(std::size(kEvolutions))]; }

Result<Sameness> parse_sameness_reply(std::string_view text) {
  std::optional<Sameness> verdict;
  bool more = false;
  const std::string low = lower(text);
  for (std::string_view rest = low; !rest.empty();) {
    const size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    const std::string_view line = undecorated(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.starts_with("verdict")) {
      more = more || (verdict && !line.empty());
      continue;
    }
    std::string_view word = line.substr(7);
    word = word.substr(std::min(word.find_first_not_of(" *_`"), word.size()));
    if (!word.starts_with(':')) {
      more = more || verdict.has_value();
      continue;
    }
    word = undecorated(word.substr(1));
    if (word != "equal" && word != "different") return unparsable("neither word");
    const Sameness said = word == "equal" ? Sameness::Equal : Sameness::Different;
    if (verdict && *verdict != said) return unparsable("neither word");
    verdict = said;
  }
  if (!verdict) return unparsable("no verdict");
  if (more) return unparsable("text after the verdict");
  return *verdict;
}

std::optional<std::string_view> refuse_evolved(std::string_view seed, std::string_view evolved) {
  if (words_of(seed) == words_of(evolved)) return "unchanged";
  const std::string low = lower(evolved), known = lower(seed);
  for (std::string_view leak : kScaffolding)
    if (low.find(leak) != low.npos && known.find(leak) == known.npos) return "leaks the prompt";
  return std::nullopt;
}

std::optional<std::string_view> refuse_evolved_answer(std::string_view answer) {
  const std::vector<std::string> words = words_of(answer);
  const bool content = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return std::find(kStopWords.begin(), kStopWords.end(), word) == kStopWords.end();
  });
  if (!content) return "no content";
  const bool sorry = std::find(words.begin(), words.end(), "sorry") != words.end();
  if (sorry && word_count(answer) < kSorryWords) return "the teacher is sorry";
  return std::nullopt;
}

ChatSampling Evolver::default_sampling() { return {.temperature = 1.0, .top_p = 0.95, .tokens_max = 2048}; }

Result<std::map<Evolution, Prompt>> Evolver::load_prompts() {
  std::map<Evolution, Prompt> prompts;
  for (Evolution evolution : kEvolutions)
    prompts.emplace(evolution, RETORT_TRY(Prompt::named(format("evolve_{}", evolution_name(evolution)))));
  return prompts;
}

Evolver::Evolver(Chat& chat, std::map<Evolution, Prompt> prompts, Prompt compare, ChatSampling sampling,
                 uint64_t seed)
    : chat_(chat),
      prompts_(std::move(prompts)),
      compare_(std::move(compare)),
      sampling_(std::move(sampling)),
      seed_(seed) {}

std::vector<Result<Draft>> Evolver::evolve(std::span<const EvolveRequest> requests) {
  std::vector<ChatRequest> chat_requests;
  for (const EvolveRequest& request : requests) {
    const Prompt& prompt = prompts_.at(request.evolution);
    ChatSampling sampling = sampling_;
    sampling.prompt_hash = prompt.hash();
    chat_requests.push_back({.role = "evolver",
                             .messages = prompt.render({{"seed", request.seed_text}}),
                             .sampling = sampling,
                             .sample_index = request.attempt_index});
  }
  std::vector<Result<Draft>> drafts;
  for (const Result<ChatReply>& reply : chat_.ask(chat_requests)) drafts.push_back(read_draft(reply));
  return drafts;
}

std::vector<Result<Sameness>> Evolver::compare(std::span<const Pair> pairs) {
  std::vector<ChatRequest> requests;
  for (const Pair& pair : pairs) {
    const std::string_view fenced[] = {pair.seed, pair.evolved};
    const std::string mark =
        fence_mark(format("evolve/{}/{}", seed_, sha256_hex(pair.seed + '\0' + pair.evolved)), fenced);
    requests.push_back(
        {.role = "evolver",
         .messages = compare_.render({{"first", pair.seed}, {"second", pair.evolved}, {"nonce", mark}}),
         .sampling = {.temperature = 0, .tokens_max = 160, .prompt_hash = compare_.hash()}});
  }
  std::vector<Result<Sameness>> verdicts;
  for (const Result<ChatReply>& reply : chat_.ask(requests)) {
    if (!reply)
      verdicts.push_back(reply.error());
    else if (reply->finish == Finish::Length)
      verdicts.push_back(unparsable("truncated"));
    else
      verdicts.push_back(parse_sameness_reply(reply->text));
  }
  return verdicts;
}

}  // namespace retort
