// A hub on this machine that speaks the hub's protocol: its list of files, redirects to another origin,
// ranges, tokens; and what goes wrong on the way.
#include "recipe/hub.h"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>

#include "base/hash.h"
#include "base/json.h"
#include "base/test.h"
#include "http/server.h"
#include "recipe/hub_files.h"

namespace retort {
namespace {

const char* kCommit = "0123456789012345678901234567890123456789";

// Serves the files' bytes, as the hub's storage behind the redirects does, or the hub itself.
struct FakeHub {
  std::map<std::string, std::string> files = {{"config.json", "{\"model_type\": \"llama\"}"},
                                              {"tokenizer.json", "{}"},
                                              {"pytorch_model.bin", "pickle"},
                                              {"onnx/model.safetensors", "elsewhere"},
                                              {"consolidated.safetensors", "twice"},
                                              {"model.safetensors", std::string(10'000, 'w')}};
  std::string required_token;
  std::atomic<int> requests = 0, failing = 0, cut_after = -1;
  std::atomic<bool> spoil = false;
  std::mutex mutex;
  std::vector<std::string> storage_tokens, asked;  // authorization headers at the storage; paths with ranges
  std::unique_ptr<HttpServer> storage = start(&FakeHub::store), hub = start(&FakeHub::answer);

  std::unique_ptr<HttpServer> start(HttpServerReply (FakeHub::*handler)(const HttpServerRequest&)) {
    return or_throw(HttpServer::start(
        "", 0, [this, handler](const HttpServerRequest& r) { return (this->*handler)(r); }));
  }
  std::string endpoint() const { return format("http://127.0.0.1:{}", hub->port()); }

  static std::string header(const HttpServerRequest& request, std::string_view name) {
    for (const auto& [key, value] : request.headers)
      if (key == name) return value;
    return "";
  }
  static HttpServerReply status(int code) {
    HttpServerReply reply;
    reply.status = code;
    return reply;
  }

  HttpServerReply store(const HttpServerRequest& request) {
    std::string range = header(request, "range");
    std::lock_guard lock(mutex);
    storage_tokens.push_back(header(request, "authorization"));
    asked.push_back(request.path + " " + range);
    const std::string& bytes = files.at(request.path.substr(1));
    HttpServerReply reply;
    reply.body = bytes;
    if (!range.empty()) reply.status = 206;  // the server cuts the part out and names it
    if (spoil) reply.body[0] = static_cast<char>(reply.body[0] ^ 1);
    if (cut_after >= 0) reply.cut_after = cut_after.exchange(-1);
    return reply;
  }

  HttpServerReply answer(const HttpServerRequest& request) {
    requests += 1;
    if (failing > 0) return failing -= 1, status(503);
    if (!required_token.empty() && header(request, "authorization") != "Bearer " + required_token)
      return status(401);
    if (request.path == "/api/models/org/small/revision/main") return list();
    std::string prefix = format("/org/small/resolve/{}/", kCommit);
    if (!request.path.starts_with(prefix)) return status(404);
    HttpServerReply reply = status(302);
    reply.headers.emplace_back(
        "Location", format("http://127.0.0.1:{}/{}", storage->port(), request.path.substr(prefix.size())));
    return reply;
  }

  // The SHA-1 that git has for "{}" and the config above, so that both kinds of checksum are walked.
  HttpServerReply list() const {
    Json siblings = Json::array();
    for (const auto& [name, bytes] : files) {
      Json sibling =
          Json::object().set("rfilename", name).set("size", Json(static_cast<int64_t>(bytes.size())));
      if (name == "tokenizer.json")
        sibling.set("blobId", "9e26dfeeb6e641a33dae4961196235bdb965b21b");
      else
        sibling.set("blobId", kCommit)
            .set("lfs", Json::object()
                            .set("sha256", sha256_hex(bytes))
                            .set("size", Json(static_cast<int64_t>(bytes.size()))));
      siblings.push(sibling);
    }
    HttpServerReply reply;
    reply.body = Json::object().set("sha", kCommit).set("siblings", siblings).dump();
    return reply;
  }
};

struct Scene {
  FakeHub hub;
  TemporaryFolder folder;
  FakeClock clock;
  std::unique_ptr<HttpTransport> transport = make_curl_transport(1);
  HubOptions options() {
    return {
        .cache = folder.path(), .endpoint = hub.endpoint(), .token = hub.required_token, .part_bytes = 4'096};
  }
  Result<Path> open(const HubOptions& with) {
    return open_hub_model({"org/small", "main"}, with, *transport, clock);
  }
  Result<Path> open() { return open(options()); }
};

TEST_CASE("hub names are two plain parts, with a revision if need be") {
  CHECK(parse_hub_name("Qwen/Qwen2.5-0.5B")->id == "Qwen/Qwen2.5-0.5B");
  CHECK(parse_hub_name("org/name")->revision == "main");
  CHECK(parse_hub_name("org/name@refs/pr/3")->revision == "refs/pr/3");
  for (const char* text : {"name", "/org/name", "./name", "../name", "a/b/c", "org/", "org/na me",
                           "org/name@", "org/..", "org/a--b", "org/name@../x", "runs\\x/y"})
    CHECK_FALSE(parse_hub_name(text).has_value());
}

TEST_CASE("a model is fetched into the hub's cache, found there next time, and nothing else is fetched") {
  Scene scene;
  Path snapshot = or_throw(scene.open());
  CHECK(snapshot == scene.folder.path() / "models--org--small" / "snapshots" / kCommit);
  for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"})
    CHECK(or_throw(read_file(snapshot / name)) == scene.hub.files.at(name));
  CHECK(std::filesystem::read_symlink(snapshot / "tokenizer.json") ==
        "../../blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b");
  CHECK(or_throw(read_file(snapshot / "../../refs/main")) == kCommit);
  CHECK_FALSE(std::filesystem::exists(snapshot / "pytorch_model.bin"));
  CHECK_FALSE(std::filesystem::exists(snapshot / "consolidated.safetensors"));
  int requests = scene.hub.requests;
  CHECK(or_throw(scene.open()) == snapshot);
  CHECK(scene.hub.requests == requests);
}

TEST_CASE("a download that broke off goes on where it was") {
  Scene scene;
  HubOptions options = scene.options();
  options.attempts = 1;
  scene.hub.files.erase("config.json");  // the smallest come first
  scene.hub.files["config.json"] = "{}";
  // As far as the second part of the weights: there the connection ends early.
  CHECK(or_throw(scene.open(options)).filename() == kCommit);
  std::filesystem::remove_all(scene.folder.path() / "models--org--small" / "snapshots");
  Path blobs = scene.folder.path() / "models--org--small" / "blobs";
  Path blob = blobs / sha256_hex(scene.hub.files.at("model.safetensors"));
  std::string half = scene.hub.files.at("model.safetensors").substr(0, 5'000);
  std::filesystem::remove(blob);
  or_throw(write_file_atomic(blob.string() + ".incomplete", half));
  scene.hub.asked.clear();
  CHECK(or_throw(read_file(or_throw(scene.open(options)) / "model.safetensors")) ==
        scene.hub.files.at("model.safetensors"));
  CHECK(scene.hub.asked ==
        std::vector<std::string>{"/model.safetensors bytes=5000-9095", "/model.safetensors bytes=9096-9999"});
}

TEST_CASE("a connection that ends inside a part and a server that fails for a moment are tried again") {
  Scene scene;
  scene.hub.failing = 3;
  scene.hub.cut_after = 1;
  CHECK(scene.open().has_value());
  Scene down;
  down.hub.failing = 100;
  CHECK(down.open().error().code == ErrorCode::ServerError);
  CHECK(down.hub.requests == 5);
}

// As if the server knew no ranges: it never sees one.
struct WithoutRanges : HttpTransport {
  std::unique_ptr<HttpTransport> inner = make_curl_transport(1);
  void start(HttpRequest request) override {
    std::erase_if(request.headers, [](const auto& header) { return header.first == "range"; });
    inner->start(std::move(request));
  }
  std::vector<HttpCompletion> poll(int64_t wait_ms) override { return inner->poll(wait_ms); }
  size_t in_flight() const override { return inner->in_flight(); }
};

TEST_CASE("a server without ranges is read whole") {
  Scene scene;
  scene.transport = std::make_unique<WithoutRanges>();
  CHECK(or_throw(read_file(or_throw(scene.open()) / "model.safetensors")).size() == 10'000);
}

TEST_CASE("bytes that do not have the hub's checksum never become a model") {
  Scene scene;
  scene.hub.spoil = true;
  Error error = scene.open().error();
  CHECK(error.code == ErrorCode::Malformed);
  CHECK(error.message.find("checksum") != std::string::npos);
  CHECK_FALSE(find_in_hub_cache({"org/small", "main"}, scene.options()).has_value());
  scene.hub.spoil = false;
  CHECK(scene.open().has_value());
}

TEST_CASE("the token goes to the hub and never to where it redirects") {
  Scene scene;
  scene.hub.required_token = "hf_secret";
  HubOptions without = scene.options();
  without.token = "";
  Error error = scene.open(without).error();
  CHECK(error.code == ErrorCode::Unauthorized);
  CHECK(error.message.find("HF_TOKEN") != std::string::npos);
  CHECK(scene.open().has_value());
  CHECK(scene.hub.storage_tokens.size() >= 5);
  for (const std::string& token : scene.hub.storage_tokens) CHECK(token.empty());
}

TEST_CASE("a model that is not there, one of pickles alone, and being offline are told apart") {
  Scene scene;
  CHECK(open_hub_model({"org/none", "main"}, scene.options(), *scene.transport, scene.clock).error().code ==
        ErrorCode::NotFound);
  HubOptions offline = scene.options();
  offline.network = HubNetwork::Offline;
  int requests = scene.hub.requests;
  Error error = scene.open(offline).error();
  CHECK(error.code == ErrorCode::NotFound);
  CHECK(error.message.find("HF_HUB_OFFLINE") != std::string::npos);
  CHECK(scene.hub.requests == requests);
  scene.hub.files.erase("model.safetensors");
  CHECK(scene.open().error().code == ErrorCode::InvalidArgument);
}

TEST_CASE("the hub's list is not trusted") {
  auto code = [](const char* text) { return parse_hub_listing(or_throw(parse_json(text))).error().code; };
  CHECK(code("{}") == ErrorCode::BadReply);
  CHECK(code(R"({"sha": "../../../../../../../../../../../../../x"})") == ErrorCode::BadReply);
  std::string listing =
      format(R"({{"sha": "{}", "siblings": [{{"rfilename": "model.safetensors", "size": 1, )", kCommit);
  CHECK(code((listing + R"("blobId": "../../x"}]})").c_str()) == ErrorCode::BadReply);
  CHECK(code((listing + R"("lfs": {"sha256": "short", "size": 1}}]})").c_str()) == ErrorCode::BadReply);
}

TEST_CASE("the environment says where the cache is and how to reach the hub") {
  for (const char* name :
       {"HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE"})
    unsetenv(name);
  TemporaryFolder home;
  std::string home_before = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
  setenv("HOME", home.path().c_str(), 1);
  CHECK(hub_options_from_environment().cache == home.path() / ".cache/huggingface/hub");
  CHECK(hub_options_from_environment().endpoint == "https://huggingface.co");
  setenv("HF_HOME", home.path().c_str(), 1);
  setenv("HF_ENDPOINT", "https://mirror.example/", 1);
  setenv("HF_HUB_OFFLINE", "1", 1);
  or_throw(write_file_atomic(home.path() / "token", "hf_file\n"));
  HubOptions options = hub_options_from_environment();
  CHECK(options.cache == home.path() / "hub");
  CHECK(options.endpoint == "https://mirror.example");
  CHECK(options.token == "hf_file");
  CHECK((options.network == HubNetwork::Offline));
  for (const char* name : {"HF_HOME", "HF_ENDPOINT", "HF_HUB_OFFLINE"}) unsetenv(name);
  setenv("HOME", home_before.c_str(), 1);
}

}  // namespace
}  // namespace retort
