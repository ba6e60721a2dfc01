#include "chat/chat.h"

#include "chat/asking.h"
#include "chat/batch.h"

namespace retort {
namespace {

class HttpChat : public Chat {
 public:
  HttpChat(const EndpointOptions& options, RunStore& store, HttpTransport& transport, Clock& clock)
      : options_(options),
        store_(store),
        transport_(transport),
        clock_(clock),
        traffic_{Gate(options.concurrency_max), Pace(options.limits)} {
    // A key read from a file or a shell often brings its line end along.
    while (!options_.key.empty() && static_cast<unsigned char>(options_.key.back()) <= ' ')
      options_.key.pop_back();
  }

  std::vector<Result<ChatReply>> ask(std::span<const ChatRequest> requests) override {
    return Asking(options_, store_, transport_, clock_, traffic_, requests, progress).run();
  }

 private:
  EndpointOptions options_;
  RunStore& store_;
  HttpTransport& transport_;
  Clock& clock_;
  Traffic traffic_;
};

}  // namespace

std::unique_ptr<Chat> make_chat(const EndpointOptions& options, RunStore& store, HttpTransport& transport,
                                Clock& clock) {
  if (options.mode == "batch") return make_batch_chat(options, store, transport, clock);
  return std::make_unique<HttpChat>(options, store, transport, clock);
}

}  // namespace retort
