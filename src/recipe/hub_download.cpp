// Files of the hub into its cache, part by part (http/download.h).
#include <unistd.h>

#include "base/format.h"
#include "base/json.h"
#include "http/download.h"
#include "recipe/hub.h"
#include "recipe/hub_files.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

class Download {
 public:
  Download(const HubName& name, const HubOptions& options, HttpTransport& transport, Clock& clock,
           const std::function<void(const std::string&)>& say)
      : name_(name),
        options_(options),
        downloader_(transport, clock,
                    {.part_bytes = options.part_bytes,
                     .attempts = options.attempts,
                     .retry_wait_ms = options.retry_wait_ms,
                     .token = options.token,
                     .token_origin = origin_of(options.endpoint),
                     .describe = [this](const std::string& url,
                                        const HttpReply& reply) { return describe(url, reply); },
                     .say = say}) {
    std::string folder = "models--" + name.id;
    repository_ = options.cache / folder.replace(folder.find('/'), 1, "--");
  }

  Result<Path> run() {
    HttpReply reply = RETORT_TRY(downloader_.get(format(
        "{}/api/models/{}/revision/{}?blobs=true", options_.endpoint, name_.id, escaped(name_.revision))));
    HubListing listing = RETORT_TRY(parse_hub_listing(RETORT_TRY(parse_json(reply.body))));
    Path snapshot = repository_ / "snapshots" / listing.commit;
    RETORT_TRY(make_folders(repository_ / "blobs"));
    RETORT_TRY(make_folders(snapshot));
    for (const HubFile& file : listing.files) {
      RETORT_TRY(fetch(file, listing.commit));
      RETORT_TRY(link(snapshot / file.name, file.digest));
    }
    // Last: a reader that finds the name finds every file.
    if (name_.revision != listing.commit)
      RETORT_TRY(write_file_atomic(repository_ / "refs" / name_.revision, listing.commit));
    return snapshot;
  }

 private:
  static std::string escaped(const std::string& revision) {
    std::string text;
    for (char c : revision) text += c == '/' ? std::string("%2F") : std::string(1, c);
    return text;
  }

  Result<void> fetch(const HubFile& file, const std::string& commit) {
    return downloader_.fetch(
        {.url = format("{}/{}/resolve/{}/{}", options_.endpoint, name_.id, commit, file.name),
         .name = format("{}: {}", name_.id, file.name),
         .bytes = file.bytes,
         .digest = file.digest},
        repository_ / "blobs" / file.digest);
  }

  // huggingface_hub's links are relative, so that the cache can be moved.
  Result<void> link(const Path& at, const std::string& digest) {
    std::error_code error;
    Path fresh = at.string() + format(".tmp{}", ::getpid());
    fs::remove(fresh, error);
    fs::create_symlink(Path("../../blobs") / digest, fresh, error);
    if (!error) fs::rename(fresh, at, error);
    if (error) return system_error("link", at, error.value());
    return {};
  }

  Error describe(const std::string& url, const HttpReply& reply) const {
    std::string what = format("{}: status {} for {}", origin_of(url), reply.status, name_.id);
    if (reply.status == 401 || reply.status == 403)
      return {ErrorCode::Unauthorized,
              what + "; set HF_TOKEN to a token that may read it, and accept its terms on its page"};
    if (reply.status == 404)
      return {ErrorCode::NotFound, what + format("@{}; check the name", name_.revision)};
    if (reply.status == 429) return {ErrorCode::RateLimited, what + "; wait a while, or set HF_TOKEN"};
    if (reply.status >= 500)
      return {ErrorCode::ServerError, what + "; try again later, what is here is kept"};
    return {ErrorCode::BadReply, what};
  }

  const HubName& name_;
  const HubOptions& options_;
  Downloader downloader_;
  Path repository_;
};

}  // namespace

Result<Path> open_hub_model(const HubName& name, const HubOptions& options, HttpTransport& transport,
                            Clock& clock, const std::function<void(const std::string&)>& say) {
  if (std::optional<Path> snapshot = find_in_hub_cache(name, options)) return *snapshot;
  if (options.network == HubNetwork::Offline)
    return Error{ErrorCode::NotFound,
                 format("{}@{} is not in {} and HF_HUB_OFFLINE is set; unset it, or name a folder", name.id,
                        name.revision, options.cache.string())};
  Result<Path> folder = Download(name, options, transport, clock, say).run();
  if (!folder) return Error{folder.error().code, format("model {}: {}", name.id, folder.error().message)};
  return folder;
}

}  // namespace retort
