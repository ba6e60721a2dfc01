// The roles of a run, each with its endpoint as the run file says, and the practice teacher behind them
// where the run asks for it. All of them write into the run's one store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "practice/teacher.h"
#include "recipe/draft_source.h"
#include "recipe/run_file.h"
#include "roles/classifier.h"
#include "roles/explainer.h"
#include "roles/generator.h"
#include "roles/referee.h"
#include "roles/rewriter.h"
#include "roles/teacher.h"
#include "store/run_store.h"

namespace retort {

Prices online_prices_of(const EndpointSection& section);
// As its mode has them: a batch costs half.
Prices prices_of(const EndpointSection& section);

// How that endpoint is asked; its key comes from the environment (Unauthorized is thrown when it is not
// set). `practice_url` is where "practice" is.
EndpointOptions endpoint_options(const std::string& name, const EndpointSection& section,
                                 const std::string& practice_url, uint64_t seed);

class Endpoints {
 public:
  // Throws RunError (a key that is not set, a prompt file that cannot be used). `file`, `store` and `clock`
  // outlive it.
  Endpoints(const RunFile& file, RunStore& store, Clock& clock, std::unique_ptr<HttpTransport> transport,
            const std::function<void(const std::string&)>& say);
  Endpoints(const RunFile& file, RunStore& store, const std::function<void(const std::string&)>& say)
      : Endpoints(file, store, system_clock(), make_curl_transport(4 * file.teacher.concurrency), say) {}

  Teacher& teacher() { return *teacher_; }
  Referee& referee() { return *referee_; }
  DraftSource& drafts() { return *drafts_; }  // by recipe.writer
  // Those that only some runs have; nullptr where the run file asks for none.
  Classifier* classifier() { return classifier_ ? &*classifier_ : nullptr; }
  Rewriter* rewriter() { return rewriter_ ? &*rewriter_ : nullptr; }
  // Orca's teacher of stage 0 or 1.
  Explainer* explainer(int stage) {
    return explainers_.empty() ? nullptr : &explainers_[static_cast<size_t>(stage)];
  }

 private:
  void open_method_roles();
  void open_writer(const EndpointSection& generator);
  std::unique_ptr<Chat> chat(const std::string& name, const EndpointSection& section);

  const RunFile& file_;
  std::unique_ptr<practice::TeacherServer> practice_;
  std::unique_ptr<HttpTransport> transport_;
  RunStore& store_;
  Clock& clock_;
  std::unique_ptr<Chat> teacher_chat_, referee_chat_, generator_chat_;
  std::optional<Teacher> teacher_;
  std::optional<Referee> referee_;
  std::optional<Generator> generator_;
  std::unique_ptr<DraftSource> drafts_;
  std::unique_ptr<Chat> classifier_chat_, rewriter_chat_, second_chat_;
  std::optional<Classifier> classifier_;
  std::optional<Rewriter> rewriter_;
  std::vector<Explainer> explainers_;
};

}  // namespace retort
