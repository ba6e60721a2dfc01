#include "store/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

namespace retort {
namespace {

constexpr std::string_view kLockFile = "run.lock";
// Somebody who only asks (run_is_locked) may hold it for a moment: try for this long.
constexpr int kTries = 10;
constexpr int64_t kTryPauseMs = 20;

Result<int> open_lock_file(const Path& path, int flags) {
  int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_error("open the lock file", path, errno);
  return descriptor;
}

std::string first_line(const Path& path) {
  Result<std::string> text = read_file(path, 4096);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

void write_holder(int descriptor) {
  Json holder = Json::object();
  holder.set("pid", static_cast<int64_t>(::getpid()))
      .set("host", host_name())
      .set("boot", first_line("/proc/sys/kernel/random/boot_id"));
  std::string line = holder.dump() + "\n";
  // The text is only for the message, the lock holds without it.
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] ssize_t written = ::pwrite(descriptor, line.data(), line.size(), 0);
}

Error locked(const Path& path) {
  std::string who = "another process";
  if (Result<Json> holder = parse_json(first_line(path)); holder && holder->is_object())
    who = format("process {} on host {} (boot {})", holder->at_path("pid").integer_or(0),
                 terminal_safe(holder->at_path("host").string_or("?"), 80),
                 terminal_safe(holder->at_path("boot").string_or("?"), 40));
  return {ErrorCode::Locked,
          format("{} works on this run ({}); wait for it or stop it, then run again", who, path.string())};
}

}  // namespace

Result<RunLock> RunLock::take(const Path& folder) {
  Path path = folder / kLockFile;
  RunLock lock(RETORT_TRY(open_lock_file(path, O_RDWR | O_CREAT)));
  for (int tried = 1; ::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0; ++tried) {
    int cause = errno;
    if (cause == EINTR) continue;
    if (cause != EWOULDBLOCK || tried >= kTries)
      return cause == EWOULDBLOCK ? locked(path) : system_error("lock", path, cause);
    system_clock().sleep_ms(kTryPauseMs);
  }
  lock.is_held_ = true;
  write_holder(lock.descriptor_);
  return lock;
}

RunLock::RunLock(RunLock&& other) noexcept : descriptor_(other.descriptor_), is_held_(other.is_held_) {
  other.descriptor_ = -1;
}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  // The file stays: removing it would let two processes lock two files of the same name.
  [[maybe_unused]] const int emptied = is_held_ ? ::ftruncate(descriptor_, 0) : 0;
  ::close(descriptor_);
}

bool run_is_locked(const Path& folder) {
  Result<int> descriptor = open_lock_file(folder / kLockFile, O_RDONLY);
  if (!descriptor) return false;
  bool is_locked = ::flock(*descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(*descriptor);
  return is_locked;
}

std::optional<std::string_view> network_file_system(int64_t statfs_type) {
  // linux/magic.h, and the types that it does not list.
  switch (static_cast<uint32_t>(statfs_type)) {
    case 0x6969:
      return "NFS";
    case 0x517B:
    case 0xFF534D42:
    case 0xFE534D42:
      return "SMB";
    case 0x5346414F:
    case 0x6B414653:
      return "AFS";
    case 0x73757245:
      return "Coda";
    case 0x00C36400:
      return "Ceph";
    case 0x0BD00BD0:
      return "Lustre";
    case 0x19830326:
      return "BeeGFS";
    case 0x47504653:
      return "GPFS";
    default:
      return std::nullopt;
  }
}

Result<void> require_local_file_system(const Path& folder) {
  struct statfs info;
  if (::statfs(folder.c_str(), &info) != 0) return system_error("look at", folder, errno);
  std::optional<std::string_view> name = network_file_system(static_cast<int64_t>(info.f_type));
  if (!name) return {};
  return Error{
      ErrorCode::InvalidArgument,
      format("{} lies on a network file system ({}), where a run store can be damaged; use a folder on "
             "a local disk (--dir)",
             folder.string(), *name)};
}

}  // namespace retort
