#include "recipe/endpoints.h"

#include <cstdlib>

#include "base/clock.h"

namespace retort {
namespace {

std::string key_from_environment(const EndpointSection& section, std::string_view role) {
  if (section.key_env.empty()) return "";
  const char* key = std::getenv(section.key_env.c_str());
  if (key == nullptr || *key == '\0')
    throw RunError(ErrorCode::Unauthorized,
                   format("{}.key_env names {}, which is not set; export {}=your-key and run again", role,
                          section.key_env, section.key_env));
  return key;
}

ChatSampling sampling(const EndpointSection& section) {
  return {.temperature = section.temperature, .top_p = section.top_p, .tokens_max = section.tokens_max};
}

}  // namespace

Prices online_prices_of(const EndpointSection& section) {
  return {section.price_in, section.price_cached_in, section.price_out};
}

Prices prices_of(const EndpointSection& section) {
  const Prices online = online_prices_of(section);
  const double share = section.mode == "batch" ? kBatchShare : 1;
  return {share * online.in, share * online.cached_in, share * online.out};
}

Endpoints::Endpoints(const RunFile& file, RunStore& store, Clock& clock,
                     std::unique_ptr<HttpTransport> transport,
                     const std::function<void(const std::string&)>& say)
    : file_(file), transport_(std::move(transport)), store_(store), clock_(clock) {
  const EndpointSection referee = filled(file.referee, file.teacher),
                        generator = filled(file.generator, file.teacher);
  const EndpointSection second = filled(file.teacher_2, file.teacher),
                        classifier = filled(file.classifier, file.teacher),
                        rewriter = filled(file.rewriter, file.teacher);
  for (const EndpointSection* section :
       {&file.teacher, &second, &referee, static_cast<const EndpointSection*>(&generator), &classifier,
        &rewriter})
    if (section->base_url == "practice" && !practice_) {
      practice_ = or_throw(practice::TeacherServer::start(file_.practice, "127.0.0.1", 0));
      if (say) say("the teacher is the practice teacher: rule-based, no LLM");
    }
  teacher_chat_ = chat("teacher", file.teacher);
  referee_chat_ = chat("referee", referee);
  generator_chat_ = chat("generator", generator);
  teacher_.emplace(*teacher_chat_, or_throw(Prompt::load(file.teacher.prompt, "teacher")),
                   sampling(file.teacher));
  referee_.emplace(*referee_chat_, or_throw(Prompt::load(file.referee.prompt, "referee")),
                   sampling(file.referee), file.recipe.seed);
  // A batch writer's prompt has slots of its own.
  const bool batches = writer_of(file.recipe) == "self-instruct" || writer_of(file.recipe) == "alpaca";
  generator_.emplace(*generator_chat_,
                     or_throw(Prompt::load(batches ? "" : file.generator.prompt, "generate_hard")),
                     or_throw(Prompt::load(file.generator.prompt_rarer, "generate_easy")),
                     Generator::Options{.temperature = file.generator.temperature,
                                        .top_p = file.generator.top_p,
                                        .tokens_per_seed_word = file.generator.tokens_per_seed_word,
                                        .tokens_min = file.generator.tokens_min});
  open_writer(generator);
  open_method_roles();
}

void Endpoints::open_writer(const EndpointSection& generator) {
  const std::string writer = writer_of(file_.recipe);
  if (writer == "generator") {
    drafts_ = make_generator_source(*generator_);
  } else if (writer == "evol-instruct") {
    drafts_ =
        make_evolver_source({*generator_chat_, or_throw(Evolver::load_prompts()),
                             or_throw(Prompt::named("evolve_equal")), sampling(generator), file_.recipe.seed},
                            file_.recipe.seed);
  } else {
    const BatchForm form = writer == "alpaca" ? BatchForm::Answered : BatchForm::Tasks;
    drafts_ = make_batch_source({*generator_chat_, or_throw(TaskBatcher::load_prompt(generator.prompt, form)),
                                 sampling(generator), form});
  }
}

// What a run does not use needs no key.
void Endpoints::open_method_roles() {
  const uint64_t seed = file_.recipe.seed;
  if (file_.data.kinds == "classifier") {
    classifier_chat_ = chat("classifier", filled(file_.classifier, file_.teacher));
    classifier_.emplace(*classifier_chat_, or_throw(Prompt::load(file_.classifier.prompt, "classifier")),
                        sampling(file_.classifier), seed);
  }
  if (file_.recipe.name == "tapir" && file_.tapir.rewrite != "none") {
    rewriter_chat_ = chat("rewriter", filled(file_.rewriter, file_.teacher));
    rewriter_.emplace(*rewriter_chat_, or_throw(Rewriter::load_prompts(file_.rewriter.prompt)),
                      sampling(file_.rewriter), seed);
  }
  if (file_.recipe.name == "orca" || file_.answers.explained) {
    // Without a second teacher the first explains in both stages, and is asked nothing twice.
    const bool two = !file_.teacher_2.base_url.empty() || !file_.teacher_2.model.empty();
    if (two) second_chat_ = chat("teacher_2", filled(file_.teacher_2, file_.teacher));
    const SubCollection otherwise = find_sub_collection(file_.orca.otherwise).value();
    const std::vector<Prompt> prompts = or_throw(Explainer::load_prompts(file_.orca.prompts));
    explainers_.emplace_back(*teacher_chat_, prompts, sampling(file_.teacher), seed, otherwise);
    explainers_.emplace_back(two ? *second_chat_ : *teacher_chat_, prompts,
                             sampling(two ? file_.teacher_2 : file_.teacher), seed, otherwise);
  }
}

std::unique_ptr<Chat> Endpoints::chat(const std::string& name, const EndpointSection& section) {
  EndpointOptions options =
      endpoint_options(name, section, practice_ ? practice_->base_url() : "", file_.recipe.seed);
  if (file_.budget.money > 0) options.money_max = to_billionths(file_.budget.money);
  return make_chat(options, store_, *transport_, clock_);
}

EndpointOptions endpoint_options(const std::string& name, const EndpointSection& section,
                                 const std::string& practice_url, uint64_t seed) {
  return {.name = name,
          .dialect = section.provider,
          .mode = section.mode,
          .base_url = section.base_url == "practice" ? practice_url : section.base_url,
          .model = section.model,
          .key = key_from_environment(section, name),
          .concurrency_max = section.concurrency,
          .timeout_ms = static_cast<int64_t>(section.timeout_s * 1'000),
          .attempts_max = section.attempts,
          .outage_ms = static_cast<int64_t>(section.outage_s * 1'000),
          .limits = {section.requests_per_minute, section.tokens_per_minute, section.tokens_in_per_minute,
                     section.tokens_out_per_minute},
          .stream_above = section.stream_above,
          .prices = prices_of(section),
          .seed = seed};
}

}  // namespace retort
