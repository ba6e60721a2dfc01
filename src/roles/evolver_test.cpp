#include "roles/evolver.h"

#include <cmath>
#include <map>
#include <set>

#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

std::string read(std::string_view reply) {
  const Result<Sameness> verdict = parse_sameness_reply(reply);
  if (!verdict) return verdict.error().message;
  return *verdict == Sameness::Equal ? "equal" : "different";
}

TEST_CASE("each of the five operations is drawn alike, and has a prompt of its own") {
  std::map<Evolution, int> drawn;
  Random random(1, "evolve");
  for (int i = 0; i < 10'000; ++i) ++drawn[draw_evolution(random)];
  CHECK(drawn.size() == 5);
  for (const auto& [evolution, count] : drawn)
    CHECK(std::abs(count - 2'000) < 160);  // four standard deviations
  std::set<std::string> hashes;
  for (const auto& [evolution, prompt] : or_throw(Evolver::load_prompts())) {
    CHECK(prompt.slot_names() == std::set<std::string>{"seed"});
    hashes.insert(prompt.hash());
  }
  CHECK(hashes.size() == 5);
}

TEST_CASE("a comparison ends in its verdict, or is none") {
  CHECK(read("The second wants a date too.\nVerdict: different") == "different");
  CHECK(read("**Verdict:** Equal.\n") == "equal");
  CHECK(read("Verdict: equal\nVerdict: equal") == "equal");
  for (const char* reply : {"", "They are equal.", "I would say the verdict is equal", "Not Verdict: equal"})
    CHECK_MESSAGE(read(reply) == "no verdict", reply);
  for (const char* reply : {"Verdict: not equal", "Verdict: equal, or different",
                            "Verdict:", "Verdict: unequal", "Verdict: equal\nVerdict: different"})
    CHECK_MESSAGE(read(reply) == "neither word", reply);
  CHECK(read("Verdict: equal\nNo, that is wrong.") == "text after the verdict");
}

TEST_CASE("an evolved instruction that is the old one, or that tells of its prompt, is eliminated") {
  CHECK(refuse_evolved("Name a colour.", "name a  colour!") == "unchanged");
  CHECK(refuse_evolved("Name a colour.", "The New Task: name two colours.") == "leaks the prompt");
  CHECK_FALSE(refuse_evolved("Name a colour.", "Name two colours."));
  CHECK_FALSE(refuse_evolved("Name a new task for a robot.", "Name a hard new task for a robot."));
}

TEST_CASE("an answer that is sorry in few words, or that says nothing, eliminates its instruction") {
  CHECK(refuse_evolved_answer("Sorry, I cannot do that.") == "the teacher is sorry");
  std::string much = "I am sorry for your loss.";
  for (int i = 0; i < 80; ++i) much += " word";
  CHECK_FALSE(refuse_evolved_answer(much));
  CHECK_FALSE(refuse_evolved_answer("It is a sorrylike word."));
  for (const char* empty : {"", "...", "So it is.", "- - -\n"})
    CHECK(refuse_evolved_answer(empty) == "no content");
  CHECK_FALSE(refuse_evolved_answer("42"));
  CHECK_FALSE(refuse_evolved_answer("Да."));
}

TEST_CASE("it asks with the operation's prompt, and compares behind fences") {
  ScriptedChat chat([](const ChatRequest&, size_t i) {
    return plain_reply(i == 0 ? "\"Name two colours.\"" : "Verdict: different");
  });
  const Prompt compare = or_throw(Prompt::named("evolve_equal"));
  Evolver evolver(chat, or_throw(Evolver::load_prompts()), compare, Evolver::default_sampling(), 1);
  const EvolveRequest requests[] = {{"Name a colour.", Evolution::Reason, 4}};
  const auto drafts = evolver.evolve(requests);
  CHECK(drafts[0]->text == "Name two colours.");
  CHECK(chat.asked[0].sample_index == 4);
  CHECK(chat.asked[0].role == "evolver");
  CHECK(chat.asked[0].sampling.top_p == 0.95);
  const Evolver::Pair pairs[] = {{"Name a colour.", "Name two colours."}};
  CHECK(*evolver.compare(pairs)[0] == Sameness::Different);
  CHECK(compare.match(chat.asked[1].messages)->at("second") == "Name two colours.");
}

}  // namespace
}  // namespace retort
