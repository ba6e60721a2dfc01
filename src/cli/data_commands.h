// The commands of `retort data` that work on files of rows.
#pragma once

#include "cli/command.h"

namespace retort {

Command data_convert_command();
Command data_classify_command();
Command data_score_command();
Command data_dedup_command();
Command data_mix_command();

}  // namespace retort
