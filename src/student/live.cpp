#include "student/live.h"

#include <map>

#include "generate/batcher.h"
#include "nn/memory.h"
#include "student/guard.h"
#include "student/opened_model.h"
#include "student/setup.h"
#include "tokenizer/response_stream.h"

namespace retort {
namespace {

constexpr int64_t kSlotsMin = 16, kSlotsMax = 128;

// A request while it is answered. Stays where it is: the batcher writes into it.
struct Answering {
  // A sample's text, and which of its tokens were told.
  struct Heard {
    ResponseStream text;
    std::vector<size_t> ends;  // by token: where its text ends
    size_t told = 0;           // tokens
    bool finished = false;
  };
  SampleRequest request;
  SamplingOptions options;
  std::vector<Sample> samples;
  std::vector<Heard> heard;
};

SamplingOptions sampling_options(const LiveSettings& s, int64_t room) {
  SamplingOptions o;
  o.temperature = s.temperature;
  o.top_k = s.top_k;
  o.top_p = s.top_p;
  o.min_p = s.min_p;
  o.repetition_penalty = s.repetition_penalty;
  o.tokens_max = std::min(room, s.tokens_max.value_or(room));
  o.seed = s.seed;
  o.samples = s.samples;
  o.end_token = s.end == LiveEnd::EndToken ? EndToken::Ends : EndToken::Ignored;
  if (s.detail == TokenDetail::LogProbabilities) {
    o.log_probabilities = LogProbabilities::Chosen;
    o.likeliest = s.likeliest;
  }
  return o;
}

// As many slots as fit at the model's whole context, at least kSlotsMin: then with less context.
BatchRoom choose_room(const Decoder& decoder, const LiveOptions& options) {
  const int64_t whole = options.context > 0 ? options.context : decoder.config.context;
  const int64_t slots =
      options.slots > 0 ? options.slots : std::clamp(slots_that_fit(decoder, whole), kSlotsMin, kSlotsMax);
  // What fits once fits `slots` times in so many tokens.
  const int64_t fit = slots_that_fit(decoder, 1) / slots;
  return {.slots = slots, .tokens = options.context > 0 ? whole : std::min(whole, fit)};
}

class TorchLiveStudent : public LiveStudent {
 public:
  TorchLiveStudent(ReadyModel model, BatchRoom room)
      : model_(std::move(model)), room_(room), batcher_(model_.decoder, model_.chat.end_token(), room) {}

  Result<std::vector<int32_t>> prompt(std::span<const Message> messages) const override {
    return model_.chat.prompt(messages);
  }
  std::vector<int32_t> text_prompt(std::string_view text) const override {
    return model_.tokenizer->encode(text, {.frame = EncodeOptions::Frame::Framed});
  }
  int64_t slots() const override { return room_.slots; }
  int64_t context() const override { return room_.tokens; }
  int64_t vocabulary() const override { return model_.decoder.config.vocabulary; }
  int64_t weight_count() const override { return retort::weight_count(model_.decoder); }
  std::string precision() const override {
    if (model_.decoder.int8_head.defined()) return "int8";
    return model_.decoder.embedding_VD.scalar_type() == torch::kBFloat16 ? "bf16" : "fp32";
  }

  void submit(int64_t id, LiveRequest request) override {
    Answering& one = answering_[id];
    const int64_t room = room_.tokens - static_cast<int64_t>(request.prompt.size());
    RETORT_CHECK(one.samples.empty() && room > 0 && !request.prompt.empty() && request.settings.samples > 0,
                 "request {} cannot be taken", id);
    one.options = sampling_options(request.settings, room);
    one.request = {std::move(request.prompt), request.stream};
    one.samples.resize(static_cast<size_t>(request.settings.samples));
    const bool is_response = request.text == LiveRequest::Text::Response;
    for (size_t i = 0; i < one.samples.size(); ++i)
      one.heard.push_back({ResponseStream(
          *model_.tokenizer, is_response ? model_.chat.response_opening() : std::string(),
          is_response ? model_.chat.response_closing() : std::string(), request.settings.stop)});
    one.options.stop_test = [&one](size_t sample, std::span<const int32_t> tokens) {
      Answering::Heard& heard = one.heard[sample];
      const bool stopped = heard.text.add(tokens.back());
      heard.ends.push_back(heard.text.size());
      return stopped;
    };
    batcher_.add({&one.request, &one.options, one.samples, 0});
  }

  void cancel(int64_t id) override {
    const auto found = answering_.find(id);
    if (found == answering_.end()) return;
    batcher_.cancel(found->second.samples);
    answering_.erase(found);
  }

  std::vector<LivePiece> step() override {
    made_tokens_ += guarded_or_throw("answering", [&] {
      torch::NoGradGuard no_grad;
      set_matmul_mode(MatmulMode::Fp32, model_.decoder.embedding_VD.device());
      batcher_.step();
      return static_cast<int64_t>(batcher_.made_count());
    });
    std::vector<LivePiece> pieces;
    for (auto one = answering_.begin(); one != answering_.end();) {
      bool done = true;
      for (size_t sample = 0; sample < one->second.samples.size(); ++sample) {
        tell(one->first, one->second, sample, pieces);
        done = done && one->second.heard[sample].finished;
      }
      one = done ? answering_.erase(one) : std::next(one);
    }
    return pieces;
  }

  bool is_idle() const override { return answering_.empty(); }
  int64_t live_count() const override { return static_cast<int64_t>(batcher_.live_count()); }
  int64_t waiting_count() const override {
    int64_t count = 0;
    for (const auto& [id, one] : answering_) {
      bool begun = false;
      for (const Sample& sample : one.samples) begun = begun || sample.finished || !sample.tokens.empty();
      count += !begun;
    }
    return count;
  }
  int64_t made_tokens() const override { return made_tokens_; }

 private:
  void tell(int64_t id, Answering& one, size_t index, std::vector<LivePiece>& pieces) const {
    const Sample& sample = one.samples[index];
    Answering::Heard& heard = one.heard[index];
    if (heard.finished || (sample.tokens.empty() && !sample.finished)) return;
    LivePiece piece{.request = id, .sample = index, .text = heard.text.take()};
    piece.token_count = static_cast<int64_t>(heard.ends.size());
    if (sample.finished) {
      piece.text += heard.text.finish();
      piece.finish = sample.ended ? Finish::Stop : Finish::Length;
      // The end token was made as well; a stop's own tokens are among the others.
      piece.token_count += sample.ended && heard.ends.size() == sample.tokens.size() && !heard.text.stopped();
      heard.finished = true;
    }
    if (one.options.log_probabilities == LogProbabilities::Chosen) tell_tokens(one, index, piece.tokens);
    if (!piece.text.empty() || piece.finish || !piece.tokens.empty()) pieces.push_back(std::move(piece));
  }

  // Those whose text is certain; at the end all but those that a stop took away.
  void tell_tokens(Answering& one, size_t index, std::vector<LiveToken>& tokens) const {
    const Sample& sample = one.samples[index];
    Answering::Heard& heard = one.heard[index];
    for (; heard.told < heard.ends.size(); ++heard.told) {
      const size_t i = heard.told;
      const size_t begin = i == 0 ? 0 : heard.ends[i - 1];
      if (heard.finished ? heard.text.stopped() && begin >= heard.text.size()
                         : heard.ends[i] > heard.text.certain())
        break;
      LiveToken token{bytes_of(sample.tokens[i]), sample.log_probabilities[i], {}};
      if (one.options.likeliest > 0)
        for (const LikelyToken& other : sample.likeliest[i])
          token.likeliest.push_back({bytes_of(other.id), other.log_probability});
      tokens.push_back(std::move(token));
    }
  }

  std::string bytes_of(int32_t token) const {
    return model_.tokenizer->decode(std::span(&token, 1), SpecialTokens::Show);
  }

  ReadyModel model_;
  BatchRoom room_;
  Batcher batcher_;  // refers to the model
  std::map<int64_t, Answering> answering_;
  int64_t made_tokens_ = 0;
};

Result<BatchRoom> check_room(const Decoder& decoder, BatchRoom room) {
  if (room.tokens > decoder.config.context)
    return Error{ErrorCode::InvalidArgument,
                 format("--context is {}, but the model was made for {}; take at most that", room.tokens,
                        decoder.config.context)};
  if (room.tokens < 2 || room.slots > slots_that_fit(decoder, room.tokens))
    return Error{ErrorCode::InvalidArgument,
                 format("{} slots of {} tokens do not fit in the cache; take fewer --slots or less --context",
                        room.slots, room.tokens)};
  return room;
}

}  // namespace

Result<std::unique_ptr<LiveStudent>> LiveStudent::open(const Path& from, const LiveOptions& options) {
  return guarded("opening the model", [&]() -> Result<std::unique_ptr<LiveStudent>> {
    const std::string& precision = options.student.precision;
    const bool int8 = precision == "int8";
    if (precision != "auto" && precision != "fp32" && precision != "bf16" && !int8)
      return Error{ErrorCode::InvalidArgument,
                   format("precision \"{}\" is not known; use auto, fp32, bf16 or int8", precision)};
    if (options.slots < 0 || options.context < 0)
      return Error{ErrorCode::InvalidArgument, "slots and context cannot be negative; use 0 for automatic"};
    torch::Device device = RETORT_TRY(prepare_machine(options.student));
    if (int8) RETORT_TRY(check_int8(device));
    keep_freed_memory();
    const bool halves = int8 || precision == "bf16" || (precision == "auto" && !device.is_cpu());
    ReadyModel model = RETORT_TRY(
        open_ready(from, device, options.student.chat_template, halves ? torch::kBFloat16 : torch::kFloat32));
    if (int8) model.decoder = int8_for_decoding(std::move(model.decoder));
    const BatchRoom room = RETORT_TRY(check_room(model.decoder, choose_room(model.decoder, options)));
    model.decoder = packed_for_decoding(model.decoder);
    return std::unique_ptr<LiveStudent>(new TorchLiveStudent(std::move(model), room));
  });
}

}  // namespace retort
