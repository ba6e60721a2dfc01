#include "recipe/seed_rows.h"

#include "recipe/practice_link.h"

namespace retort {

void for_each_seed_row(const RunFile& file, const std::function<void(const DataRow&)>& row,
                       const std::function<void(const BadRow&)>& bad) {
  for (const std::string& path : file.data.files) or_throw(read_rows(path, row, bad));
  for (const practice::Item& item : practice_seeds(file))
    row({.instruction = item.text, .kind = practice::kind_name(item.skill, item.level)});
}

}  // namespace retort
