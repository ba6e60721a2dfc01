#include "data/task_label.h"

#include <array>

namespace retort {
namespace {

using enum AnswerStyle;

// 0.167, 0.083, 0.017 and 0.041 in the released list are 10, 5, 1 and 3 sixtieths, rounded.
constexpr std::array<TaskLabel, 32> kLabels = {{
    {"Math", 10, Derivation},
    {"Reasoning", 10, Derivation},
    {"Code Generation", 5, Code},
    {"Code Debug", 5, Debug},
    {"Writing", 1, Voice},
    {"Computer Science", 1, Knowledge},
    {"Complex Format", 1, Format},
    {"Common-Sense", 1, Knowledge},
    {"Counterfactual", 1, Derivation},
    {"Multilingual", 1, Language},
    {"Roleplay", 1, Voice},
    {"Biology", 1, Knowledge},
    {"Technology", 1, Knowledge},
    {"Ethics", 1, Policy},
    {"Sport", 1, Knowledge},
    {"Law", 1, Knowledge},
    {"Medicine", 1, Knowledge},
    {"Literature", 1, Voice},
    {"Entertainment", 1, Voice},
    {"Art", 1, Voice},
    {"Music", 1, Knowledge},
    {"Toxicity", 1, Policy},
    {"Economy", 1, Knowledge},
    {"Physics", 1, Derivation},
    {"History", 1, Knowledge},
    {"Chemistry", 1, Derivation},
    {"Philosophy", 1, Knowledge},
    {"Health", 1, Knowledge},
    {"Ecology", 1, Knowledge},
    {"Grammar", 1, Language},
    {"Paraphrase", 1, Language},
    {kOtherTask, 3, Knowledge},
}};

// Letters alone, in lower case; nothing when there is another character than those that do not count.
bool same_name(std::string_view a, std::string_view b) {
  constexpr std::string_view kNoMatter = " -_";
  size_t i = 0, j = 0;
  for (;;) {
    while (i < a.size() && kNoMatter.find(a[i]) != std::string_view::npos) ++i;
    while (j < b.size() && kNoMatter.find(b[j]) != std::string_view::npos) ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    if (lower(a[i++]) != lower(b[j++])) return false;
  }
}

}  // namespace

std::span<const TaskLabel> task_labels() { return kLabels; }

const TaskLabel* find_task_label(std::string_view name) {
  for (const TaskLabel& label : kLabels)
    if (same_name(name, label.name)) return &label;
  return nullptr;
}

}  // namespace retort
