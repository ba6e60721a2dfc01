// `retort serve TARGET`: a student behind an OpenAI-compatible API, and of a run the dashboard beside it, on
// one port of this machine.
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "base/stop.h"
#include "cli/command.h"
#include "cli/target.h"
#include "http/server.h"
#include "http/url.h"
#include "serve/dashboard.h"
#include "serve/openai_api.h"

namespace retort {
namespace {

struct ServeOptions {
  std::string target, host = "127.0.0.1", name, chat_template = "own", key_env, precision = "auto",
                      device = "auto";
  std::vector<std::string> hosts;
  int64_t port = 0, slots = 0, context = 0, threads = 0, body_mb_max = 16, waiting_max = 1'024;
};

// The key from the environment: one in argv is everybody's to read.
std::string read_api_key(const ServeOptions& options) {
  if (options.key_env.empty()) return "";
  const char* key = std::getenv(options.key_env.c_str());
  if (key == nullptr || *key == '\0')
    throw RunError(
        ErrorCode::InvalidArgument,
        format("--api-key-env names {}, which is not set; set it to the key that clients are to give",
               options.key_env));
  return key;
}

void check_options(const ServeOptions& options, bool has_key) {
  if (options.port < 0 || options.port > 65'535)
    throw RunError(ErrorCode::InvalidArgument,
                   format("--port is {}; use 0 (any free one) to 65535", options.port));
  if (options.body_mb_max < 1 || options.body_mb_max > 1'024)
    throw RunError(ErrorCode::InvalidArgument,
                   format("--body-mb-max is {}; use 1 to 1024", options.body_mb_max));
  if (options.waiting_max < 1)
    throw RunError(
        ErrorCode::InvalidArgument,
        format("--waiting-max is {}; use 1 or more, or every request is refused", options.waiting_max));
  if (!is_loopback_host(options.host) && options.port == 0)
    throw RunError(ErrorCode::InvalidArgument,
                   format("--host {} needs a --port: clients are let in by the name and port that they ask",
                          options.host));
  if (!is_loopback_host(options.host) && !has_key)
    throw RunError(
        ErrorCode::InvalidArgument,
        format("--host {} lets other machines in; name a variable that holds a key with --api-key-env",
               options.host));
}

constexpr int64_t kCheckpointSlots = 4;  // of a checkpoint that somebody looks at beside the student

Result<std::unique_ptr<ServeEngine>> start_engine(const ServeOptions& options, const Path& model) {
  LiveOptions live;
  live.student.chat_template = options.chat_template;
  live.student.device = options.device;
  live.student.precision = options.precision;
  live.student.threads = static_cast<int>(std::clamp<int64_t>(options.threads, -1, 2'000));
  live.slots = options.slots;
  live.context = options.context;
  return std::make_unique<ServeEngine>(RETORT_TRY(LiveStudent::open(model, live)),
                                       EngineOptions{.waiting_max = options.waiting_max});
}

// A run's checkpoints, for whoever asks for one by its name.
ModelShelf::Others checkpoints(const ServeOptions& options, const std::optional<Path>& run) {
  if (!run) return {};
  ServeOptions small = options;
  small.slots = kCheckpointSlots;
  return {.names = [run] { return checkpoints_of(*run); },
          .open = [run, small](
                      const std::string& name) { return start_engine(small, *run / "checkpoints" / name); }};
}

HttpServerReply not_found(const HttpServerRequest& request) {
  return error_reply(
      {.status = 404, .message = format("there is no {} {} here", request.method, request.path)});
}

// Destroyed from the last to the first: the server stops before what its handlers use is gone.
struct Site {
  std::unique_ptr<ModelShelf> models;
  std::unique_ptr<OpenAiApi> api;
  std::unique_ptr<Dashboard> dashboard;
  std::unique_ptr<HttpServer> server;

  HttpServerReply respond(const HttpServerRequest& request) const {
    if (api)
      if (std::optional<HttpServerReply> reply = api->respond(request)) return *std::move(reply);
    if (dashboard)
      if (std::optional<HttpServerReply> reply = dashboard->respond(request)) return *std::move(reply);
    return not_found(request);
  }
};

void say_what_there_is(const Site& site, const std::string& origin, const std::string& name) {
  std::printf("%s/v1\n", origin.c_str());
  std::fflush(stdout);
  if (site.models) {
    const LiveStudent& model = site.models->main().model();
    std::fprintf(stderr, "%s (%.1f million weights, %s) answers at %s/v1: %lld at once, %lld tokens each\n",
                 name.c_str(), static_cast<double>(model.weight_count()) / 1e6, model.precision().c_str(),
                 origin.c_str(), static_cast<long long>(model.slots()),
                 static_cast<long long>(model.context()));
  } else {
    std::fprintf(stderr, "the run has trained no student yet: the dashboard alone is served\n");
  }
  if (site.dashboard)
    std::fprintf(stderr, "the run's dashboard: %s%s\n", origin.c_str(), site.dashboard->start_path().c_str());
  std::fprintf(stderr, "Ctrl-C stops it\n");
}

int serve(const ServeOptions& options) {
  const std::string key = read_api_key(options);
  check_options(options, !key.empty());
  const Target target = open_target(options.target);
  const std::string name = options.name.empty() ? target.name : options.name;
  std::vector<std::string> hosts = options.hosts;
  hosts.push_back(format("{}:{}", options.host, options.port));
  Site site;
  if (!target.model.empty()) {
    site.models = std::make_unique<ModelShelf>(name, or_throw(start_engine(options, target.model)),
                                               checkpoints(options, target.run));
    site.api = std::make_unique<OpenAiApi>(*site.models, system_clock(), OpenAiOptions{key, hosts});
  }
  if (target.run) site.dashboard = or_throw(Dashboard::open({.folder = *target.run, .hosts = hosts}));
  site.server = or_throw(
      HttpServer::start({.host = options.host,
                         .port = static_cast<int>(options.port),
                         .body_bytes_max = static_cast<size_t>(options.body_mb_max) << 20,
                         .error_body = transport_error_body},
                        [&site](const HttpServerRequest& request) { return site.respond(request); }));
  say_what_there_is(site, format("http://{}:{}", options.host, site.server->port()), name);
  while (!stop_requested()) {
    system_clock().sleep_ms(100);
    if (site.models)
      if (const std::optional<Error> failure = site.models->main().failure()) throw RunError(*failure);
  }
  return 0;  // the site's members end from the last to the first
}

}  // namespace

Command serve_command() {
  static ServeOptions options;
  return {
      .name = "serve",
      .doc = "Serve a student as an OpenAI-compatible API, and a run's dashboard",
      .flags =
          {{"target", "a run folder, a model folder or a GGUF file", &options.target, Flag::Need::Required},
           {"--port", "0: any free one; the address is printed", &options.port},
           {"--host", "address to listen on; one of other machines needs a key", &options.host},
           {"--allow-host", "further names under which clients may ask, with the port (box.example:8080)",
            &options.hosts},
           {"--api-key-env", "variable that holds the key clients must give (default: none is asked)",
            &options.key_env},
           {"--name", "the model's name in the API (default: the folder's)", &options.name},
           {"--template", "own (the model's), practice, lion, alpaca, vicuna, chatml, llama2, llama3, ...",
            &options.chat_template},
           {"--slots", "answers made at once; 0: what memory allows", &options.slots},
           {"--context", "tokens of a prompt and its answer; 0: the model's", &options.context},
           {"--waiting-max", "requests that may wait for a slot", &options.waiting_max},
           {"--body-mb-max", "megabytes of a request", &options.body_mb_max},
           {"--precision", "auto, fp32, bf16 or int8", &options.precision},
           {"--device", "auto, cpu or cuda", &options.device},
           {"--threads", "processor threads; 0: one a core", &options.threads}},
      .run = [] { return serve(options); }};
}

}  // namespace retort
