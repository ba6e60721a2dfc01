#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace retort {

AtomicFile::AtomicFile(const Path& path, const Path& temporary, int fd)
    : path_(path), temporary_(temporary), fd_(fd) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      fd_(std::exchange(other.fd_, -1)),
      bytes_(other.bytes_) {}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(const Path& named) {
  std::error_code error;
  // What a link leads to is replaced, not the link.
  const bool leads_on = std::filesystem::is_symlink(named, error) && std::filesystem::exists(named, error);
  const Path path = leads_on ? std::filesystem::canonical(named, error) : named;
  if (leads_on && error) return system_error("write", named, error.value());
  if (std::filesystem::is_directory(path, error)) return system_error("write", path, EISDIR);
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
    return Error{ErrorCode::InvalidArgument,
                 format("{} is a device or a pipe, which cannot be replaced; name a file", path.string())};
  if (path.has_parent_path()) RETORT_TRY(make_folders(path.parent_path()));
  Path temporary = path;
  temporary += format(".tmp{}", ::getpid());
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return system_error("create", temporary, errno);
  return AtomicFile(path, temporary, fd);
}

Result<void> AtomicFile::write(std::string_view bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write", path_, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<void> AtomicFile::commit() {
  if (::fsync(fd_) != 0) return system_error("sync", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return system_error("replace", path_, errno);
  ::close(std::exchange(fd_, -1));
  Path folder = path_.has_parent_path() ? path_.parent_path() : Path(".");
  if (int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  return {};
}

}  // namespace retort
