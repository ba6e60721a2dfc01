#include "recipe/draft_source.h"

namespace retort {
namespace {

using Drafts = Result<std::vector<WrittenDraft>>;

class GeneratorSource : public DraftSource {
 public:
  explicit GeneratorSource(Generator& generator) : generator_(generator) {}
  std::vector<Drafts> write(std::span<const DraftOrder> orders) override {
    std::vector<WriteRequest> requests;
    for (const DraftOrder& order : orders)
      requests.push_back({order.seed.text,
                          order.origin == Origin::Easy ? WriteMode::Rarer : WriteMode::SameTask,
                          order.index});
    std::vector<Drafts> out;
    for (Result<Draft>& draft : generator_.write(requests))
      out.push_back(draft ? Drafts(std::vector{WrittenDraft{.draft = *std::move(draft)}})
                          : Drafts(draft.error()));
    return out;
  }

 private:
  Generator& generator_;
};

class BatchSource : public DraftSource {
 public:
  explicit BatchSource(TaskBatcher batcher) : batcher_(std::move(batcher)) {}
  // Self-Instruct shows 6 human and 2 machine tasks and its lists end at 16; Alpaca shows 3 and wants 20.
  Nature nature() const override {
    if (batcher_.form() == BatchForm::Answered) return {.drafts_per_order = 17, .human_samples = 3};
    return {.drafts_per_order = 8, .human_samples = 6, .machine_samples = 2};
  }
  FilterOptions filters() const override {
    FilterOptions options{.refuse_word_instruction = false, .words_max = 150, .refuse_program_start = true};
    options.refuse_words = unanswerable_words();
    return options;
  }
  std::vector<Drafts> write(std::span<const DraftOrder> orders) override {
    std::vector<BatchRequest> requests;
    for (const DraftOrder& order : orders)
      requests.push_back({order.samples, nature().drafts_per_order, order.index});
    std::vector<Drafts> out;
    for (Result<TaskBatch>& batch : batcher_.write(requests)) {
      if (!batch) {
        out.emplace_back(batch.error());
        continue;
      }
      std::vector<WrittenDraft> drafts;
      for (BatchTask& task : batch->tasks)
        drafts.push_back({.draft = {.text = std::move(task.text), .call_key = batch->call_key},
                          .output = std::move(task.output),
                          .kinship = Kinship::AnotherTask});
      out.push_back(std::move(drafts));
    }
    return out;
  }

 private:
  TaskBatcher batcher_;
};

class EvolverSource : public DraftSource {
 public:
  EvolverSource(Evolver evolver, uint64_t seed) : evolver_(std::move(evolver)), seed_(seed) {}
  Nature nature() const override { return {.near_copies_allowed = true, .answers_decide = true}; }
  FilterOptions filters() const override { return {.refuse_word_instruction = false}; }

  std::vector<Drafts> write(std::span<const DraftOrder> orders) override {
    std::vector<EvolveRequest> requests;
    for (const DraftOrder& order : orders)
      requests.push_back({order.seed.text, operation(order), order.index});
    const std::vector<Result<Draft>> evolved = evolver_.evolve(requests);
    std::vector<Drafts> out;
    std::vector<Evolver::Pair> pairs;
    std::vector<WrittenDraft*> compared;
    out.reserve(orders.size());  // `compared` points into it
    for (size_t i = 0; i < orders.size(); ++i) {
      if (!evolved[i]) {
        out.emplace_back(evolved[i].error());
        continue;
      }
      WrittenDraft written{.draft = *evolved[i]};
      if (requests[i].evolution == Evolution::Broaden) written.kinship = Kinship::AnotherTask;
      written.refusal = refuse_evolved(orders[i].seed.text, written.draft.text).value_or("");
      out.push_back(std::vector{std::move(written)});
      if (!out.back()->front().refusal.empty() || out.back()->front().draft.text.empty()) continue;
      pairs.push_back({orders[i].seed.text, out.back()->front().draft.text});
      compared.push_back(&out.back()->front());
    }
    const std::vector<Result<Sameness>> verdicts = evolver_.compare(pairs);
    for (size_t i = 0; i < compared.size(); ++i) {
      if (!verdicts[i])
        compared[i]->refusal = "not compared: " + verdicts[i].error().message;
      else if (*verdicts[i] == Sameness::Equal)
        compared[i]->refusal = "asks for no more than its seed";
    }
    return out;
  }

 private:
  Evolution operation(const DraftOrder& order) const {
    Random random(seed_, "evolution", static_cast<uint64_t>(order.index));
    if (order.origin == Origin::Easy) return Evolution::Broaden;
    Evolution drawn = draw_evolution(random);
    while (order.origin == Origin::Hard && drawn == Evolution::Broaden) drawn = draw_evolution(random);
    return drawn;
  }

  Evolver evolver_;
  uint64_t seed_;
};

}  // namespace

std::unique_ptr<DraftSource> make_generator_source(Generator& generator) {
  return std::make_unique<GeneratorSource>(generator);
}
std::unique_ptr<DraftSource> make_batch_source(TaskBatcher batcher) {
  return std::make_unique<BatchSource>(std::move(batcher));
}
std::unique_ptr<DraftSource> make_evolver_source(Evolver evolver, uint64_t seed) {
  return std::make_unique<EvolverSource>(std::move(evolver), seed);
}

}  // namespace retort
