#include "eval/bbh_tasks.h"

#include "base/check.h"

namespace retort {

std::span<const BbhTask> bbh_tasks() {
  using Words = std::vector<std::string_view>;
  static const std::vector<BbhTask> kTasks = {
      {"boolean_expressions", false, Words{"True", "False"},
       "Say whether the boolean expression is True or False."},
      {"causal_judgement", false, Words{"Yes", "No"}, "Say, as most people would, what caused what."},
      {"date_understanding", true, {}, "Work out the date that is asked for."},
      {"disambiguation_qa", true, {}, "Say whom the pronoun means, or that it cannot be told."},
      {"dyck_languages", false, {}, "Close the brackets that are still open, in the right order."},
      {"formal_fallacies", false, Words{"valid", "invalid"},
       "Say whether the argument follows from its premises."},
      {"geometric_shapes", true, {}, "Name the figure that the SVG path draws."},
      {"hyperbaton", true, {}, "Choose the sentence whose adjectives are in the usual order."},
      {"logical_deduction_five_objects", true, {}, "Deduce the order of the five objects."},
      {"logical_deduction_seven_objects", true, {}, "Deduce the order of the seven objects."},
      {"logical_deduction_three_objects", true, {}, "Deduce the order of the three objects."},
      {"movie_recommendation", true, {}, "Choose the film that is most like those that are named."},
      {"multistep_arithmetic_two", false, {}, "Work out the value of the expression."},
      {"navigate", false, Words{"Yes", "No"}, "Say whether the steps lead back to where they began."},
      {"object_counting", false, {}, "Count the things that are asked for and give the number."},
      {"penguins_in_a_table", true, {}, "Answer from the table of penguins."},
      {"reasoning_about_colored_objects", true, {}, "Answer the question about the coloured things."},
      {"ruin_names", true, {}, "Choose the edit that makes the name funny."},
      {"salient_translation_error_detection", true, {}, "Say what kind of mistake the translation has."},
      {"snarks", true, {}, "Choose the sarcastic statement of the two."},
      {"sports_understanding", false, Words{"yes", "no"},
       "Say whether the sentence about sport is plausible."},
      {"temporal_sequences", true, {}, "Find when the person can have gone there."},
      {"tracking_shuffled_objects_five_objects",
       true,
       {},
       "Follow the swaps among the five and say who ends with what."},
      {"tracking_shuffled_objects_seven_objects",
       true,
       {},
       "Follow the swaps among the seven and say who ends with what."},
      {"tracking_shuffled_objects_three_objects",
       true,
       {},
       "Follow the swaps among the three and say who ends with what."},
      {"web_of_lies", false, Words{"Yes", "No"}, "Say whether the last person tells the truth."},
      {"word_sorting", false, {}, "Put the words in alphabetical order."},
  };
  return kTasks;
}

const BbhTask& bbh_task(std::string_view name) {
  for (const BbhTask& task : bbh_tasks())
    if (task.name == name) return task;
  RETORT_CHECK(false, "no task of BBH is called {}", name);
  __builtin_unreachable();
}

}  // namespace retort
