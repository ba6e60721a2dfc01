// The one door to libcurl: its multi_socket interface on epoll, so that a turn costs what is ready and not
// what is open. Our own queue: libcurl never holds a request that has no connection slot (its queue is slow
// in 8.14.x, and hides what has left). Easy handles are kept and used again.
#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <deque>

#include "base/check.h"
#include "base/format.h"
#include "http/certificates.h"
#include "http/client.h"
#include "http/url.h"

namespace retort {
namespace {

constexpr size_t kHeaderBytesMax = 256 << 10;
// Before libcurl 8.7 each transfer has a receive buffer of its own: large while there are few, as long
// replies like it; of thousands at once it would be most of what they hold.
constexpr size_t kFewTransfers = 1'000;
constexpr long kReceiveBytesOfFew = 16 << 10, kReceiveBytesOfMany = 2 << 10;

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

void append_header(std::string_view line, HttpHeaders& headers) {
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name(line.substr(0, colon));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
  headers.emplace_back(std::move(name), value);
}

// What CURLOPT_CAINFO is to be; looked for once a process, empty where there is nothing to be found.
const std::string& certificates() {
  static const std::string file = [] {
    CURL* easy = curl_easy_init();
    char* built_in = nullptr;
    if (easy != nullptr) curl_easy_getinfo(easy, CURLINFO_CAINFO, &built_in);
    const char* named = std::getenv("SSL_CERT_FILE");
    const auto found = certificate_file(built_in != nullptr ? built_in : "", named != nullptr ? named : "",
                                        known_certificate_files());
    curl_easy_cleanup(easy);
    return found.value_or(Path()).string();
  }();
  return file;
}

// One request and the easy handle that carries it. Its address is what libcurl's callbacks get.
class Transfer {
 public:
  Transfer();
  ~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() const { return easy_; }
  size_t place = 0;  // among those that are active
  void prepare(HttpRequest request, size_t others_active);
  HttpCompletion finish(CURLcode code);

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    CURLcode code = curl_easy_setopt(easy_, option, value);
    RETORT_CHECK(code == CURLE_OK, "libcurl refuses option {}: {}", int(option), curl_easy_strerror(code));
  }
  void set_method();
  static size_t on_body(char* bytes, size_t, size_t size, void* self);
  static size_t on_header(char* bytes, size_t, size_t size, void* self);
  static int on_departure(void* self, char*, char*, int, int);
  Error describe(CURLcode code) const;

  CURL* easy_;
  curl_slist* headers_ = nullptr;
  char detail_[CURL_ERROR_SIZE] = "";
  HttpRequest request_;
  HttpReply reply_;
  size_t header_bytes_ = 0;
  bool too_large_ = false;
};

Transfer::Transfer() : easy_(curl_easy_init()) {
  RETORT_CHECK(easy_ != nullptr, "libcurl gives no handle");
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, detail_);
  set(CURLOPT_NOSIGNAL, 1L);
  if (!certificates().empty()) set(CURLOPT_CAINFO, certificates().c_str());
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");  // which hosts may have http: url.h
  set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  set(CURLOPT_PROXY, "");  // also shuts out http_proxy and its kin from the environment
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_PREREQFUNCTION, &Transfer::on_departure);
  set(CURLOPT_PREREQDATA, this);
}

void Transfer::set_method() {
  set(CURLOPT_CUSTOMREQUEST, static_cast<char*>(nullptr));
  // Sent from where it lies, a short one together with the headers: a read callback would cost each request
  // an upload buffer of 64 KB, and a system call of its own.
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(CURLOPT_POSTFIELDS, request_.body.c_str());
  if (request_.method == "GET" && request_.body.empty()) {
    set(CURLOPT_HTTPGET, 1L);
    return;
  }
  if (request_.method != "POST") set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Transfer::prepare(HttpRequest request, size_t others_active) {
  request_ = std::move(request);
  reply_ = {};
  header_bytes_ = 0;
  too_large_ = false;
  detail_[0] = 0;
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_BUFFERSIZE, others_active < kFewTransfers ? kReceiveBytesOfFew : kReceiveBytesOfMany);
  set_method();
  curl_slist_free_all(headers_);
  headers_ = curl_slist_append(nullptr, "Expect:");
  for (const auto& [name, value] : request_.headers)
    headers_ = curl_slist_append(headers_, format("{}: {}", name, value).c_str());
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout_ms));
  // libcurl counts this pause in seconds, and in bytes a second that are too few.
  set(CURLOPT_LOW_SPEED_LIMIT, request_.stall_ms > 0 ? 1L : 0L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>((request_.stall_ms + 999) / 1000));
  // Over TLS one HTTP/2 connection carries many requests where the server speaks it.
  set(CURLOPT_PIPEWAIT, request_.url.starts_with("https") ? 1L : 0L);
}

size_t Transfer::on_body(char* bytes, size_t, size_t size, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  if (transfer.reply_.body.size() + size > transfer.request_.body_bytes_max) {
    transfer.too_large_ = true;
    return 0;
  }
  transfer.reply_.body.append(bytes, size);
  return size;
}

size_t Transfer::on_header(char* bytes, size_t, size_t size, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  std::string_view line(bytes, size);
  transfer.header_bytes_ += size;
  if (transfer.header_bytes_ > kHeaderBytesMax) {
    transfer.too_large_ = true;
    return 0;
  }
  if (line.starts_with("HTTP/"))
    transfer.reply_.headers.clear();  // what came before was a 1xx reply's
  else
    append_header(line, transfer.reply_.headers);
  return size;
}

// libcurl sends a request again by itself when a kept connection dies before the first reply byte. A second
// POST is a second charge, so once bytes have left libcurl reports instead, and the caller decides.
int Transfer::on_departure(void* self, char*, char*, int, int) {
  long left_bytes = 0;
  curl_easy_getinfo(static_cast<Transfer*>(self)->easy_, CURLINFO_REQUEST_SIZE, &left_bytes);
  return left_bytes == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

Error Transfer::describe(CURLcode code) const {
  HttpUrl url = parse_http_url(request_.url).value_or({});
  std::string where = url.scheme + "://" + url.host;
  std::string detail = detail_[0] ? detail_ : curl_easy_strerror(code);
  if (too_large_)
    return {ErrorCode::BadReply,
            format("{}: the reply is longer than {} bytes, not kept", where, request_.body_bytes_max)};
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::Timeout, format("{}: {}", where, detail)};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return {ErrorCode::BadReply, format("{}: what came back is no HTTP: {}", where, detail)};
    case CURLE_ABORTED_BY_CALLBACK:
      return {ErrorCode::Unreachable, format("{}: the connection ended before the reply began", where)};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::Unreachable, format("{}: the connection ended inside the reply: {}", where, detail)};
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::Unreachable,
              format("{}: {}; install ca-certificates, or set SSL_CERT_FILE to the authorities' file", where,
                     detail)};
    default:
      return {ErrorCode::Unreachable, format("{}: {}", where, detail)};
  }
}

HttpCompletion Transfer::finish(CURLcode code) {
  curl_off_t total_us = 0, sending_us = 0;
  long status = 0, request_bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_TOTAL_TIME_T, &total_us);
  curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &sending_us);
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  reply_.status = static_cast<int>(status);
  HttpCompletion done{request_.id, Error{}, sending_us > 0 || request_bytes > 0, total_us / 1000};
  if (code == CURLE_OK)
    done.reply = std::move(reply_);
  else
    done.reply = describe(code);
  request_ = {};
  return done;
}

class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(int connections_max);
  ~CurlTransport() override;
  void start(HttpRequest request) override;
  std::vector<HttpCompletion> poll(int64_t wait_ms) override;
  size_t in_flight() const override { return queue_.size() + active_.size() + finished_.size(); }

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  void launch();
  enum class Turn { Normal, Interrupted };
  Turn turn(int64_t wait_ms);
  void collect();

  CURLM* multi_;
  int epoll_;
  size_t connections_max_;
  int64_t timer_ms_ = -1;  // when libcurl wants to be called, on our clock; -1: it does not
  std::deque<HttpRequest> queue_;
  std::vector<std::unique_ptr<Transfer>> active_, idle_;
  std::vector<HttpCompletion> finished_;
  std::string good_url_;  // the last address that passed the check: they are nearly always the same
};

CurlTransport::CurlTransport(int connections_max)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_max_(static_cast<size_t>(std::max(1, connections_max))) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  RETORT_CHECK(global == CURLE_OK && epoll_ >= 0, "libcurl or epoll cannot start");
  multi_ = curl_multi_init();
  RETORT_CHECK(multi_ != nullptr, "libcurl gives no multi handle");
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max_));
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlTransport::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlTransport::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlTransport::~CurlTransport() {
  for (auto& transfer : active_) curl_multi_remove_handle(multi_, transfer->easy());
  active_.clear();
  idle_.clear();
  curl_multi_cleanup(multi_);
  close(epoll_);
}

int CurlTransport::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  CurlTransport& transport = *static_cast<CurlTransport*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(transport.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.data.fd = socket;
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  bool added = known == nullptr && epoll_ctl(transport.epoll_, EPOLL_CTL_ADD, socket, &event) == 0;
  // A number that was closed and given out again may still be known on either side.
  if (!added && epoll_ctl(transport.epoll_, EPOLL_CTL_MOD, socket, &event) != 0)
    epoll_ctl(transport.epoll_, EPOLL_CTL_ADD, socket, &event);
  curl_multi_assign(transport.multi_, socket, self);
  return 0;
}

int CurlTransport::on_timer(CURLM*, long timeout_ms, void* self) {
  static_cast<CurlTransport*>(self)->timer_ms_ = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
  return 0;
}

// A line break in a key would smuggle headers in.
std::optional<Error> unsendable(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers)
    for (std::string_view text : {std::string_view(name), std::string_view(value)})
      if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        return Error{ErrorCode::InvalidArgument,
                     format("the value of the header \"{}\" holds a line break; remove it", name)};
  return std::nullopt;
}

void CurlTransport::start(HttpRequest request) {
  std::optional<Error> refused = unsendable(request.headers);
  if (!refused && request.url != good_url_) {
    Result<HttpUrl> url = parse_http_url(request.url);
    if (url)
      good_url_ = request.url;
    else
      refused = url.error();
  }
  if (refused)
    finished_.push_back({request.id, *refused, false, 0});
  else
    queue_.push_back(std::move(request));
}

void CurlTransport::launch() {
  while (!queue_.empty() && active_.size() < connections_max_) {
    std::unique_ptr<Transfer> transfer;
    if (idle_.empty()) {
      transfer = std::make_unique<Transfer>();
    } else {
      transfer = std::move(idle_.back());
      idle_.pop_back();
    }
    transfer->prepare(std::move(queue_.front()), active_.size());
    queue_.pop_front();
    CURLMcode code = curl_multi_add_handle(multi_, transfer->easy());
    RETORT_CHECK(code == CURLM_OK, "libcurl refuses a request: {}", curl_multi_strerror(code));
    transfer->place = active_.size();
    active_.push_back(std::move(transfer));
  }
}

void CurlTransport::collect() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    CURLcode code = message->data.result;
    char* self = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    const size_t place = reinterpret_cast<Transfer*>(self)->place;
    RETORT_CHECK(place < active_.size() && active_[place]->easy() == easy,
                 "libcurl finished a request that was never started");
    curl_multi_remove_handle(multi_, easy);
    finished_.push_back(active_[place]->finish(code));
    idle_.push_back(std::move(active_[place]));
    if (place + 1 < active_.size()) active_[place] = std::move(active_.back());
    active_.pop_back();
    if (place < active_.size()) active_[place]->place = place;
  }
}

CurlTransport::Turn CurlTransport::turn(int64_t wait_ms) {
  if (timer_ms_ >= 0) wait_ms = std::clamp<int64_t>(timer_ms_ - now_ms(), 0, wait_ms);
  epoll_event events[256];
  int count = epoll_wait(epoll_, events, 256, static_cast<int>(std::min<int64_t>(wait_ms, 60'000)));
  if (count < 0 && errno == EINTR) return Turn::Interrupted;
  int running = 0;
  for (int i = 0; i < count; ++i) {
    int what = 0;
    if (events[i].events & EPOLLIN) what |= CURL_CSELECT_IN;
    if (events[i].events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (events[i].events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi_, events[i].data.fd, what, &running);
  }
  if (timer_ms_ >= 0 && timer_ms_ <= now_ms()) {
    timer_ms_ = -1;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  collect();
  return Turn::Normal;
}

std::vector<HttpCompletion> CurlTransport::poll(int64_t wait_ms) {
  int64_t end_ms = now_ms() + std::max<int64_t>(wait_ms, 0);
  launch();
  while (finished_.empty() && !active_.empty()) {
    int64_t left_ms = end_ms - now_ms();
    Turn turned = turn(std::max<int64_t>(left_ms, 0));
    launch();
    if (left_ms <= 0 || turned == Turn::Interrupted) break;
  }
  return std::exchange(finished_, {});
}

}  // namespace

std::unique_ptr<HttpTransport> make_curl_transport(int connections_max) {
  return std::make_unique<CurlTransport>(connections_max);
}

std::optional<int64_t> parse_http_date(std::string_view text) {
  time_t seconds = curl_getdate(std::string(text.substr(0, 64)).c_str(), nullptr);
  if (seconds == -1) return std::nullopt;
  return seconds;
}

}  // namespace retort
