// Files of the hub into its cache, part by part: what is there of a file's .incomplete is not asked for
// again.
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/format.h"
#include "base/json.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "http/url.h"
#include "recipe/hub.h"
#include "recipe/hub_files.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr int kRedirectsMax = 5;

// scheme://host:port of an address.
std::string origin_of(const std::string& url) {
  size_t host = url.find("://");
  return host == std::string::npos ? "" : url.substr(0, url.find('/', host + 3));
}

// A file that is being fetched, locked against other processes of ours.
class Incomplete {
 public:
  static Result<std::unique_ptr<Incomplete>> open(const Path& path) {
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return system_error("create", path, errno);
    std::unique_ptr<Incomplete> file(new Incomplete(path, fd));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
      return Error{ErrorCode::Locked, format("another process downloads {}; wait for it", path.string())};
    return file;
  }
  ~Incomplete() { ::close(fd_); }
  Incomplete(const Incomplete&) = delete;
  Incomplete& operator=(const Incomplete&) = delete;

  int64_t bytes() const { return static_cast<int64_t>(::lseek(fd_, 0, SEEK_END)); }
  Result<void> append(std::string_view bytes) {
    ::lseek(fd_, 0, SEEK_END);
    while (!bytes.empty()) {
      ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error("write", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return {};
  }
  Result<void> empty() {
    if (::ftruncate(fd_, 0) != 0) return system_error("shorten", path_, errno);
    return {};
  }
  // In hex, by the digest's length: SHA-256, or git's SHA-1 of a blob.
  Result<std::string> digest(size_t digits) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    RETORT_CHECK(context != nullptr &&
                 EVP_DigestInit_ex(context, digits == 64 ? EVP_sha256() : EVP_sha1(), nullptr) == 1);
    if (digits == 40) {
      std::string head = format("blob {}", bytes());
      EVP_DigestUpdate(context, head.c_str(), head.size() + 1);
    }
    std::string chunk(size_t{1} << 20, '\0');
    int64_t at = 0;
    ssize_t got = 0;
    while ((got = ::pread(fd_, chunk.data(), chunk.size(), at)) > 0) {
      EVP_DigestUpdate(context, chunk.data(), static_cast<size_t>(got));
      at += got;
    }
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context, raw, &size);
    EVP_MD_CTX_free(context);
    if (got < 0) return system_error("read", path_, errno);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += format("{:02x}", raw[i]);
    return hex;
  }
  Result<void> publish(const Path& as) {
    if (::fsync(fd_) != 0) return system_error("sync", path_, errno);
    std::error_code error;
    fs::rename(path_, as, error);
    if (error) return system_error("rename", path_, error.value());
    return {};
  }

 private:
  Incomplete(Path path, int fd) : path_(std::move(path)), fd_(fd) {}
  Path path_;
  int fd_;
};

bool is_passing(const Error& error) {
  return error.code == ErrorCode::Unreachable || error.code == ErrorCode::Timeout ||
         error.code == ErrorCode::ServerError || error.code == ErrorCode::RateLimited;
}

class Download {
 public:
  Download(const HubName& name, const HubOptions& options, HttpTransport& transport, Clock& clock,
           const std::function<void(const std::string&)>& say)
      : name_(name), options_(options), transport_(transport), clock_(clock), say_(say) {
    std::string folder = "models--" + name.id;
    repository_ = options.cache / folder.replace(folder.find('/'), 1, "--");
  }

  Result<Path> run() {
    HttpReply reply = RETORT_TRY(get(format("{}/api/models/{}/revision/{}?blobs=true", options_.endpoint,
                                            name_.id, escaped(name_.revision)),
                                     {}));
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
    Path blob = repository_ / "blobs" / file.digest;
    std::error_code error;
    if (fs::exists(blob, error)) return {};
    auto part = RETORT_TRY(Incomplete::open(blob.string() + ".incomplete"));
    if (part->bytes() > file.bytes) RETORT_TRY(part->empty());
    if (say_) say_(format("{}: {} ({:.1f} MB)", name_.id, file.name, static_cast<double>(file.bytes) / 1e6));
    std::string url = format("{}/{}/resolve/{}/{}", options_.endpoint, name_.id, commit, file.name);
    while (part->bytes() < file.bytes) {
      throw_if_stopped();
      RETORT_TRY(fetch_part(url, file, *part));
    }
    if (RETORT_TRY(part->digest(file.digest.size())) != file.digest) {
      fs::remove(blob.string() + ".incomplete", error);
      return Error{ErrorCode::Malformed,
                   format("{} of {} does not have the hub's checksum {}; run the same command to "
                          "fetch it again",
                          file.name, name_.id, file.digest)};
    }
    return part->publish(blob);
  }

  Result<void> fetch_part(const std::string& url, const HubFile& file, Incomplete& part) {
    int64_t begin = part.bytes(), end = std::min(file.bytes, begin + options_.part_bytes);
    HttpReply reply = RETORT_TRY(get(url, format("bytes={}-{}", begin, end - 1)));
    // A server that knows no ranges sends all of it.
    if (reply.status == 200 && begin > 0) RETORT_TRY(part.empty());
    int64_t wanted = reply.status == 200 ? file.bytes : end - begin;
    bool placed =
        reply.status == 200 || reply.header("content-range").starts_with(format("bytes {}-", begin));
    if (static_cast<int64_t>(reply.body.size()) != wanted || !placed)
      return Error{ErrorCode::BadReply, format("{}: {} bytes of {} came where {} from {} on were asked for",
                                               origin_of(url), reply.body.size(), file.name, wanted, begin)};
    return part.append(reply.body);
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

  // With retries and redirects.
  Result<HttpReply> get(const std::string& url, const std::string& range) {
    int64_t wait_ms = options_.retry_wait_ms;
    for (int attempt = 1;; ++attempt) {
      Result<HttpReply> reply = get_redirected(url, range);
      if (reply || !is_passing(reply.error()) || attempt >= options_.attempts) return reply;
      if (say_) say_(format("{}; trying again", reply.error().message));
      clock_.sleep_ms(wait_ms);
      wait_ms *= 2;
    }
  }

  Result<HttpReply> get_redirected(std::string url, const std::string& range) {
    for (int redirects = 0; redirects <= kRedirectsMax; ++redirects) {
      HttpReply reply = RETORT_TRY(get_once(url, range));
      if (reply.status == 200 || reply.status == 206) return reply;
      if (reply.status < 300 || reply.status >= 400) return describe(url, reply);
      std::string to(reply.header("location"));
      if (to.starts_with("/") && !to.starts_with("//")) to = origin_of(url) + to;
      // The address is one that we may talk to (https, or http on this machine), or it is not asked.
      RETORT_TRY(parse_http_url(to));
      url = to;
    }
    return Error{ErrorCode::BadReply,
                 format("{} redirects more than {} times", origin_of(url), kRedirectsMax)};
  }

  // The token goes to the endpoint and nowhere else: files come from other hosts, by addresses that are
  // signed.
  Result<HttpReply> get_once(const std::string& url, const std::string& range) {
    HttpRequest request;
    request.method = "GET";
    request.url = url;
    request.stall_ms = 60'000;
    request.timeout_ms = 3'600'000;
    request.body_bytes_max = static_cast<size_t>(std::max<int64_t>(options_.part_bytes, int64_t{64} << 20));
    if (!range.empty()) request.headers.emplace_back("range", range);
    if (!options_.token.empty() && origin_of(url) == origin_of(options_.endpoint))
      request.headers.emplace_back("authorization", "Bearer " + options_.token);
    transport_.start(std::move(request));
    while (transport_.in_flight() > 0)
      for (HttpCompletion& done : transport_.poll(1'000)) return std::move(done.reply);
    return Error{ErrorCode::Unreachable, format("{} gave no reply", origin_of(url))};
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
  HttpTransport& transport_;
  Clock& clock_;
  const std::function<void(const std::string&)>& say_;
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
