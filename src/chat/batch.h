// An endpoint in `mode = "batch"`: the same promises as chat.h, through the endpoint's batch API. The batch
// is recorded in the store, and all its calls are SENT there, before anything leaves; so a process that comes
// after a kill finds the batch again by its mark (or, where the API knows no marks, by time, size and
// content), waits for it and brings it home, instead of paying for another. Expired requests come back unpaid
// and go into the next batch.
#pragma once

#include <memory>

#include "chat/chat.h"

namespace retort {

// Bounds of one batch, below those of both APIs (50,000 requests and 200 MB; 100,000 and 256 MB).
struct BatchLimits {
  size_t requests_max = 20'000;
  size_t bytes_max = size_t{100} << 20;
};

std::unique_ptr<Chat> make_batch_chat(const EndpointOptions& options, RunStore& store,
                                      HttpTransport& transport, Clock& clock, const BatchLimits& limits = {});

}  // namespace retort
