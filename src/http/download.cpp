#include "http/download.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/digest.h"
#include "base/format.h"
#include "base/stop.h"
#include "http/url.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr int kRedirectsMax = 5;

bool is_passing(const Error& error) {
  return error.code == ErrorCode::Unreachable || error.code == ErrorCode::Timeout ||
         error.code == ErrorCode::ServerError || error.code == ErrorCode::RateLimited;
}

// The whole size that a part's reply names: "bytes 0-99/1234", of one past the end "bytes */1234".
std::optional<int64_t> whole_size(const HttpReply& reply) {
  const std::string_view range = reply.header("content-range");
  const size_t slash = range.find('/');
  int64_t size = 0;
  if (slash == range.npos) return std::nullopt;
  const auto read = std::from_chars(range.data() + slash + 1, range.data() + range.size(), size);
  return read.ec == std::errc{} ? std::optional(size) : std::nullopt;
}

}  // namespace

// A file that is being fetched, locked against other processes of ours.
class Downloader::Incomplete {
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
    Digest digest(digits == 64 ? DigestKind::Sha256 : DigestKind::Sha1);
    if (digits == 40) digest.add(format("blob {}", bytes()) + '\0');
    std::string chunk(size_t{1} << 20, '\0');
    int64_t at = 0;
    ssize_t got = 0;
    while ((got = ::pread(fd_, chunk.data(), chunk.size(), at)) > 0) {
      digest.add({chunk.data(), static_cast<size_t>(got)});
      at += got;
    }
    if (got < 0) return system_error("read", path_, errno);
    return digest.hex();
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

std::string origin_of(const std::string& url) {
  size_t host = url.find("://");
  return host == std::string::npos ? "" : url.substr(0, url.find('/', host + 3));
}

Result<void> Downloader::fetch(const RemoteFile& file, const Path& to) {
  std::error_code error;
  if (fs::exists(to, error)) return {};
  const Path incomplete = to.string() + ".incomplete";
  auto part = RETORT_TRY(Incomplete::open(incomplete));
  std::optional<int64_t> bytes = file.bytes;
  if (bytes && part->bytes() > *bytes) RETORT_TRY(part->empty());
  if (options_.say)
    options_.say(bytes ? format("{} ({:.1f} MB)", file.name, static_cast<double>(*bytes) / 1e6) : file.name);
  while (!bytes || part->bytes() < *bytes) {
    throw_if_stopped();
    RETORT_TRY(fetch_part(file, *part, bytes));
  }
  if (!file.digest.empty() && RETORT_TRY(part->digest(file.digest.size())) != file.digest) {
    fs::remove(incomplete, error);
    return Error{ErrorCode::Malformed,
                 format("{} does not have the checksum {}; run the same command to fetch it again", file.name,
                        file.digest)};
  }
  return part->publish(to);
}

Result<void> Downloader::fetch_part(const RemoteFile& file, Incomplete& part, std::optional<int64_t>& bytes) {
  const int64_t begin = part.bytes();
  int64_t end = begin + options_.part_bytes;
  if (bytes) end = std::min(*bytes, end);
  HttpReply reply = RETORT_TRY(get(file.url, format("bytes={}-{}", begin, end - 1)));
  if (reply.status == 416) {  // nothing is left of it, or less than is here
    bytes = whole_size(reply);
    if (!bytes || *bytes != begin) {
      RETORT_TRY(part.empty());
      if (begin == 0) bytes = 0;
    }
    return {};
  }
  // A server that knows no ranges sends all of it.
  if (reply.status == 200 && begin > 0) RETORT_TRY(part.empty());
  const auto got = static_cast<int64_t>(reply.body.size());
  if (!bytes) bytes = reply.status == 200 ? got : whole_size(reply);
  if (!bytes)
    return Error{ErrorCode::BadReply,
                 format("{}: a part of {} came without its whole size", origin_of(file.url), file.name)};
  const int64_t wanted = reply.status == 200 ? *bytes : std::min(*bytes, end) - begin;
  bool placed = reply.status == 200 || reply.header("content-range").starts_with(format("bytes {}-", begin));
  if (got != wanted || !placed)
    return Error{ErrorCode::BadReply, format("{}: {} bytes of {} came where {} from {} on were asked for",
                                             origin_of(file.url), got, file.name, wanted, begin)};
  return part.append(reply.body);
}

Result<HttpReply> Downloader::get(const std::string& url, const std::string& range) {
  int64_t wait_ms = options_.retry_wait_ms;
  for (int attempt = 1;; ++attempt) {
    Result<HttpReply> reply = get_redirected(url, range);
    if (reply || !is_passing(reply.error()) || attempt >= options_.attempts) return reply;
    if (options_.say) options_.say(format("{}; trying again", reply.error().message));
    clock_.sleep_ms(wait_ms);
    wait_ms *= 2;
  }
}

Result<HttpReply> Downloader::get_redirected(std::string url, const std::string& range) {
  for (int redirects = 0; redirects <= kRedirectsMax; ++redirects) {
    HttpReply reply = RETORT_TRY(get_once(url, range));
    if (reply.status == 200 || reply.status == 206 || (reply.status == 416 && !range.empty())) return reply;
    if (reply.status < 300 || reply.status >= 400)
      return options_.describe ? options_.describe(url, reply) : describe(url, reply);
    std::string to(reply.header("location"));
    if (to.starts_with("/") && !to.starts_with("//")) to = origin_of(url) + to;
    // The address is one that we may talk to (https, or http on this machine), or it is not asked.
    RETORT_TRY(parse_http_url(to));
    url = to;
  }
  return Error{ErrorCode::BadReply, format("{} redirects more than {} times", origin_of(url), kRedirectsMax)};
}

Result<HttpReply> Downloader::get_once(const std::string& url, const std::string& range) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.stall_ms = 60'000;
  request.timeout_ms = 3'600'000;
  request.body_bytes_max = static_cast<size_t>(std::max<int64_t>(options_.part_bytes, int64_t{64} << 20));
  if (!range.empty()) request.headers.emplace_back("range", range);
  if (!options_.token.empty() && origin_of(url) == options_.token_origin)
    request.headers.emplace_back("authorization", "Bearer " + options_.token);
  transport_.start(std::move(request));
  while (transport_.in_flight() > 0)
    for (HttpCompletion& done : transport_.poll(1'000)) return std::move(done.reply);
  return Error{ErrorCode::Unreachable, format("{} gave no reply", origin_of(url))};
}

Error Downloader::describe(const std::string& url, const HttpReply& reply) const {
  const std::string what = format("status {} for {}", reply.status, url);
  if (reply.status == 401 || reply.status == 403) return {ErrorCode::Unauthorized, what};
  if (reply.status == 404) return {ErrorCode::NotFound, what + "; the file has moved, fetch it by hand"};
  if (reply.status == 429) return {ErrorCode::RateLimited, what + "; wait a while"};
  if (reply.status >= 500) return {ErrorCode::ServerError, what + "; try again later, what is here is kept"};
  return {ErrorCode::BadReply, what};
}

}  // namespace retort
