// The dashboard of a run as routes of an HTTP server (src/http): the page ("/", "/assets/..."), what it shows
// ("/api/...", JSON) and what is new ("/api/events", server-sent events). It reads the run's folder, takes no
// lock and writes nothing, so that it may stand beside a running run. Only a browser on this machine, on a
// page of this very server, with the key gets an answer (performance_reliability §6.8).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "http/server.h"

namespace retort {

struct DashboardOptions {
  Path folder;      // the run's; the runs beside it in the same parent can be compared
  std::string key;  // what /api asks for; empty: a fresh one of 256 bits
  // Hosts as a browser writes them ("box.example:8080") that are let in besides loopback's names, for a
  // server that was bound to another address on purpose.
  std::vector<std::string> hosts;
  int64_t look_every_ms = 1'000;  // how often the store is looked at for what is new
};

class Dashboard {
 public:
  // NotFound when there is no run in the folder; Mismatch when a newer program wrote it.
  static Result<std::unique_ptr<Dashboard>> open(const DashboardOptions& options);
  virtual ~Dashboard() = default;  // ends its event streams
  // The answer to a request for "/", "/assets/..." or "/api/...", refusals included; nothing for any other
  // path, which is then another's to answer. Safe on several threads.
  virtual std::optional<HttpServerReply> respond(const HttpServerRequest& request) = 0;
  // What a user opens: "/#key=...". The key stands behind the "#" so that it is in no log and no referrer.
  virtual std::string start_path() const = 0;
};

}  // namespace retort
