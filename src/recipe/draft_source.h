// Whoever writes new instructions for a round (recipe.writer): Lion's generator, from one seed; Self-Instruct
// and Alpaca, several from samples; Evol-Instruct, a harder or rarer one from one. The stage that writes
// (stage_write.cpp) filters what they bring.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/instruction.h"
#include "pool/filters.h"
#include "roles/evolver.h"
#include "roles/generator.h"
#include "roles/task_batch.h"

namespace retort {

struct DraftOrder {
  Instruction seed;
  Origin origin = Origin::Same;
  int64_t index = 0;               // of the attempt within its stage
  std::vector<BatchTask> samples;  // the seed among them; empty where one seed is enough
};

// Whether the draft asks for the same task as its seed, so that it takes the seed's kind.
enum class Kinship { SameTask, AnotherTask };
struct WrittenDraft {
  Draft draft;
  std::string output;   // the answer that came with it; empty: none did
  std::string refusal;  // why it is eliminated by the method's own rules; empty: it is not
  Kinship kinship = Kinship::SameTask;
};

class DraftSource {
 public:
  struct Nature {
    int64_t drafts_per_order = 1;
    int human_samples = 0, machine_samples = 0;  // shown with an order, the seed among the human ones
    bool near_copies_allowed = false;            // Evol-Instruct changes little: only a repetition is refused
    bool answers_decide = false;                 // Evol-Instruct: some are eliminated by the teacher's answer
  };
  virtual ~DraftSource() = default;
  virtual Nature nature() const { return {}; }
  virtual FilterOptions filters() const { return {}; }
  // One entry an order: its drafts, or why the call brought none.
  virtual std::vector<Result<std::vector<WrittenDraft>>> write(std::span<const DraftOrder> orders) = 0;
};

// `generator` and `evolver` outlive it.
std::unique_ptr<DraftSource> make_generator_source(Generator& generator);
std::unique_ptr<DraftSource> make_batch_source(TaskBatcher batcher);
// Hard seeds are deepened by one of four operations, easy ones broadened, others either, each operation
// alike.
std::unique_ptr<DraftSource> make_evolver_source(Evolver evolver, uint64_t seed);

}  // namespace retort
