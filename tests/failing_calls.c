// Preloaded by machine_faults_test.py: the n-th system call that changes a file of the run folder, SQLite's own apart, fails.
// RETORT_FAULT_FOLDER, RETORT_FAULT_AT (from 1; 0: none), RETORT_FAULT_ERRNO (0: a write writes half of its bytes, others pass);
// RETORT_FAULT_LOG: a line for each such call.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static long count;

static int matters(const char* path) {
  const char* folder = getenv("RETORT_FAULT_FOLDER");
  return folder && strncmp(path, folder, strlen(folder)) == 0 && !strstr(path, "run.db");
}

static int matters_fd(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  return matters(path);
}

// 0: it goes through; else the errno to fail with, or -1 for a short write.
static int fault(const char* what) {
  const char *at = getenv("RETORT_FAULT_AT"), *log = getenv("RETORT_FAULT_LOG");
  long n = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
  if (log) {
    static int (*real_open)(const char*, int, ...);
    static ssize_t (*real_write)(int, const void*, size_t);
    if (!real_open) real_open = dlsym(RTLD_NEXT, "open");
    if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
    int fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd >= 0) {
      if (real_write(fd, what, strlen(what)) < 0 || real_write(fd, "\n", 1) < 0) abort();
      close(fd);
    }
  }
  if (!at || n != atol(at)) return 0;
  int error = atoi(getenv("RETORT_FAULT_ERRNO"));
  return error ? error : -1;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = dlsym(RTLD_NEXT, #name)
#define FAIL_IF(matter, what) \
  if (matter) { \
    int error = fault(what); \
    if (error > 0) { errno = error; return -1; } \
  }

ssize_t write(int fd, const void* bytes, size_t size) {
  REAL(ssize_t, write, int, const void*, size_t);
  if (matters_fd(fd)) {
    int error = fault("write");
    if (error > 0) { errno = error; return -1; }
    if (error < 0 && size > 1) size /= 2;
  }
  return real(fd, bytes, size);
}
ssize_t writev(int fd, const struct iovec* parts, int parts_count) {
  REAL(ssize_t, writev, int, const struct iovec*, int);
  if (matters_fd(fd)) {
    int error = fault("writev");
    if (error > 0) { errno = error; return -1; }
    if (error < 0 && parts_count > 1) parts_count = 1;
  }
  return real(fd, parts, parts_count);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void*, size_t, off64_t);
  if (matters_fd(fd)) {
    int error = fault("pwrite");
    if (error > 0) { errno = error; return -1; }
    if (error < 0 && size > 1) size /= 2;
  }
  return real(fd, bytes, size, at);
}
int fsync(int fd) {
  REAL(int, fsync, int);
  FAIL_IF(matters_fd(fd), "fsync");
  return real(fd);
}
int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  FAIL_IF(matters_fd(fd), "fdatasync");
  return real(fd);
}
int rename(const char* from, const char* to) {
  REAL(int, rename, const char*, const char*);
  FAIL_IF(matters(to), "rename");
  return real(from, to);
}
int mkdir(const char* path, mode_t mode) {
  REAL(int, mkdir, const char*, mode_t);
  FAIL_IF(matters(path), "mkdir");
  return real(path, mode);
}
int unlink(const char* path) {
  REAL(int, unlink, const char*);
  FAIL_IF(matters(path), "unlink");
  return real(path);
}
#define OPENS(name) \
  int name(const char* path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0; \
    va_end(rest); \
    REAL(int, name, const char*, int, ...); \
    FAIL_IF(matters(path), "open"); \
    return real(path, flags, mode); \
  }
OPENS(open)
OPENS(open64)
FILE* fopen64(const char* path, const char* mode) {
  REAL(FILE*, fopen64, const char*, const char*);
  if (matters(path)) {
    int error = fault("fopen");
    if (error > 0) { errno = error; return NULL; }
  }
  return real(path, mode);
}
void* mmap64(void* at, size_t size, int protection, int flags, int fd, off64_t offset) {
  REAL(void*, mmap64, void*, size_t, int, int, int, off64_t);
  if (fd >= 0 && matters_fd(fd)) {
    int error = fault("mmap");
    if (error > 0) { errno = error; return MAP_FAILED; }
  }
  return real(at, size, protection, flags, fd, offset);
}
