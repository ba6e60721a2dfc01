#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/atomic_file.h"

namespace retort {
namespace {

// Closes on every way out; -1 holds nothing.
struct Descriptor {
  int fd = -1;
  explicit Descriptor(int value) : fd(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

Error system_error(std::string_view attempted, const Path& path, int errno_value) {
  ErrorCode code = ErrorCode::Unreadable;
  std::string advice;
  if (errno_value == ENOSPC || errno_value == EDQUOT) {
    code = ErrorCode::DiskFull;
    advice = "; free some space and run the same command again, nothing is lost";
  } else if (errno_value == ENOENT || errno_value == ENOTDIR) {
    code = ErrorCode::NotFound;
    advice = "; check the path";
  } else if (errno_value == EACCES || errno_value == EPERM || errno_value == EROFS) {
    advice = "; check the permissions";
  } else if (errno_value == EMFILE || errno_value == ENFILE) {
    advice = "; raise the limit of open files (ulimit -n) and run the same command again";
  } else if (errno_value == EFBIG) {
    advice = "; raise the limit of a file's size (ulimit -f) and run the same command again";
  } else if (errno_value == ENOMEM) {
    code = ErrorCode::OutOfMemory;
    advice = "; free some memory and run the same command again";
  } else if (errno_value == EIO) {
    advice = "; check the disk, then run the same command again, nothing is lost";
  }
  return {code, format("cannot {} {}: {}{}", attempted, path.string(), std::strerror(errno_value), advice)};
}

Result<std::string> read_file(const Path& path, size_t bytes_max) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return system_error("open", path, errno);
  std::string bytes;
  char chunk[1 << 16];
  for (;;) {
    ssize_t got = ::read(file.fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path, errno);
    if (got == 0) return bytes;
    bytes.append(chunk, static_cast<size_t>(got));
    if (bytes.size() > bytes_max)
      return Error{ErrorCode::Malformed, format("{} is larger than {} bytes", path.string(), bytes_max)};
  }
}

Result<void> write_file_atomic(const Path& path, std::string_view bytes) {
  return write_file_atomic(path, std::span(&bytes, 1));
}

Result<void> write_file_atomic(const Path& path, std::span<const std::string_view> parts) {
  AtomicFile file = RETORT_TRY(AtomicFile::create(path));
  for (std::string_view part : parts) RETORT_TRY(file.write(part));
  return file.commit();
}

Result<void> make_folders(const Path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return system_error("create folder", path, error.value());
  return {};
}

Result<void> read_lines(const Path& path, const std::function<Result<void>(size_t, std::string_view)>& line,
                        size_t bytes_max) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return system_error("read", path, EISDIR);
  std::ifstream in(path, std::ios::binary);
  if (!in) return system_error("open", path, errno != 0 ? errno : EIO);
  std::string text;
  for (size_t number = 1; std::getline(in, text); ++number) {
    if (text.size() > bytes_max)
      return Error{ErrorCode::Malformed,
                   format("{} line {}: longer than {} bytes", path.string(), number, bytes_max)};
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (auto done = line(number, text); !done) return done;
  }
  if (in.bad()) return system_error("read", path, EIO);
  return {};
}

}  // namespace retort
