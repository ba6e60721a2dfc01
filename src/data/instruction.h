// An instruction: what the teacher and the student are asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retort {

// Where an instruction came from. Stored by name.
enum class Origin {
  Seed,  // a row of the user's data (or of the practice pool)
  Hard,  // written like a seed on which the student falls behind
  Easy,  // written in the domain of a seed that the student can do, but rarer
  Same,  // written like a seed that no judge chose (imitation, balanced)
};

std::string_view origin_name(Origin origin);  // "seed", "hard", "easy", "same"
Origin parse_origin(std::string_view name);   // requires a name that origin_name gives

// Who says which kind an instruction is. Stored by name.
enum class KindSource {
  Unknown,     // nobody, or a store of before schema 5
  Row,         // the user's row
  Parent,      // it is the same task as the instruction it was written from
  Practice,    // the practice world, which understands the text
  Classifier,  // an LLM that was asked (data.kinds = "classifier")
  Local,       // a local classifier (data.kinds = "local")
};

std::string_view kind_source_name(KindSource source);  // "unknown", "row", "parent", "practice", ...
KindSource parse_kind_source(std::string_view name);   // requires a name that kind_source_name gives

struct Instruction {
  int64_t id = 0;    // its row in the run store; 0 before it has one
  std::string text;  // the whole request; a row's `input` is merged in as "\n" + input
  std::string kind;  // what sort of task it is ("sort/2"); empty where nobody knows
  KindSource kind_source = KindSource::Unknown;
  std::optional<double> kind_confidence;  // 0 to 1, where a classifier gave one, taken or not
  Origin origin = Origin::Seed;
  int round = 0;          // the round that wrote it; 0 for seeds
  int64_t parent_id = 0;  // the instruction it was written from; 0 for seeds
  std::string call_key;   // the generator call that wrote it; empty for seeds
};

}  // namespace retort
