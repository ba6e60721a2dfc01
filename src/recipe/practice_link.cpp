#include "recipe/practice_link.h"

namespace retort {

practice::Skew practice_skew(const practice::TeacherOptions& options) {
  if (options.skew == "rare_is_easy") return practice::Skew::RareIsEasy;
  if (options.skew == "uniform") return practice::Skew::Uniform;
  return practice::Skew::RareIsHard;
}

std::vector<practice::Item> practice_seeds(const RunFile& file) {
  if (file.data.practice_rows == 0) return {};
  return practice::seed_pool(file.data.practice_rows, practice_skew(file.practice), file.practice.seed);
}

std::vector<practice::Item> practice_held_out(const RunFile& file) {
  if (file.data.practice_rows == 0 || file.eval.practice_per_kind == 0) return {};
  return practice::held_out_items(file.eval.practice_per_kind, file.practice.seed);
}

void give_kind(Instruction& written, const Instruction& parent) {
  if (auto item = practice::understand(written.text)) {
    written.kind = practice::kind_name(item->skill, item->level);
    written.kind_source = KindSource::Practice;
  } else if (written.origin != Origin::Easy && !parent.kind.empty()) {
    written.kind = parent.kind;
    written.kind_source = KindSource::Parent;
  }
}

}  // namespace retort
