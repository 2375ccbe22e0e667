// Preloaded into one service: makes its writes and syncs of chosen files fail, or kills it at one of them, and writes
// down what it does to them.
//
// TORTURE_FILES    the files that count, by their base names, between colons: catalog.db:catalog.db-wal
// TORTURE_CONTROL  a file of one page, mapped by this process and written by the campaign: `struct control`
// TORTURE_TRACE    where to append what is done to the files, each a `struct step` and the bytes of a write. A page
//                  beside it (.clock) counts the steps of all services that share it.
//
// SQLite under Bun writes with pwrite64 and syncs with fsync or fdatasync; the rest is hooked to be sure.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// The same numbers as in library.ts.
enum action { PASS, KILL_BEFORE, KILL_HALFWAY, KILL_AFTER, FAIL, FAIL_ONE };
enum call { SYNC = 1, WRITE = 2, TRUNCATE = 4, CREATE = 8, UNLINK = 16, SYNC_FOLDER = 32 };

struct control {
  int32_t action;
  int32_t calls;      // which calls count, the bits of enum call
  int32_t files;      // in which files: bit 0 is the first of TORTURE_FILES
  int32_t error;      // what FAIL and FAIL_ONE set errno to
  int32_t countdown;  // KILL_… and FAIL_ONE: the call that brings this to 0
  int32_t injected;   // faults, for the campaign to read
};

// The same layout as in power-cut/trace.ts.
struct step {
  uint64_t begun, done;  // moments of the shared clock
  int32_t call;
  int32_t file;          // its place in TORTURE_FILES; -1 for a folder
  uint64_t at;           // where a write begins, or the length that a file is cut to
  uint64_t length;       // of the bytes that follow
};

static struct control *control;
static uint64_t *shared_clock;
static int trace = -1;
static char files[512];

static void *map_page(const char *path) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return NULL;
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return page == MAP_FAILED ? NULL : page;
}

__attribute__((constructor)) static void map_control(void) {
  const char *path = getenv("TORTURE_CONTROL"), *names = getenv("TORTURE_FILES"), *steps = getenv("TORTURE_TRACE");
  if (!path || !names) return;
  snprintf(files, sizeof files, ":%s:", names);
  control = map_page(path);
  if (!steps) return;
  char clock_path[4096];
  snprintf(clock_path, sizeof clock_path, "%s.clock", steps);
  trace = open(steps, O_WRONLY | O_APPEND | O_CLOEXEC);
  shared_clock = trace < 0 ? NULL : map_page(clock_path);
}

// The place of this file in TORTURE_FILES, or -1 when it is none of ours.
static int place_of(const char *path) {
  char name[512];
  const char *slash = strrchr(path, '/');
  const char *base = slash ? slash + 1 : path;
  if (strlen(base) > sizeof name - 3) return -1;
  snprintf(name, sizeof name, ":%s:", base);
  const char *found = strstr(files, name);
  if (!found) return -1;
  int place = 0;
  for (const char *at = files; at < found; at++)
    if (at[1] == ':') place++;
  return place;
}

static int place_of_open(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return -1;
  path[length] = 0;
  return place_of(path);
}

static uint64_t tick(void) { return __atomic_add_fetch(shared_clock, 1, __ATOMIC_SEQ_CST); }

// Writes down what was done. A trace with a hole would prove nothing: then this process had better not go on.
static void note(enum call call, int file, uint64_t begun, uint64_t at, const void *bytes, size_t length) {
  struct step step = {begun, tick(), call, file, at, length};
  struct iovec parts[] = {{&step, sizeof step}, {(void *)bytes, length}};
  if (writev(trace, parts, 2) != (ssize_t)(sizeof step + length)) abort();
}

// When a call begins that is to be written down; 0 for any other.
static uint64_t begin(enum call call, int fd) {
  if (!shared_clock) return 0;
  if (place_of_open(fd) >= 0) return tick();
  struct stat status;
  return call == SYNC && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) ? tick() : 0;
}

static void end(enum call call, int fd, uint64_t begun, ssize_t result, const void *bytes, uint64_t at) {
  if (begun == 0 || result < 0) return;
  int file = place_of_open(fd);
  note(call == SYNC && file < 0 ? SYNC_FOLDER : call, file, begun, at, bytes, bytes ? result : 0);
}

// What is to happen to this call.
static enum action due(int fd, enum call call) {
  if (!control || control->action == PASS || !(control->calls & call)) return PASS;
  int file = place_of_open(fd);
  if (file < 0 || !(control->files & 1 << file)) return PASS;
  enum action action = control->action;
  if (action != FAIL && __atomic_sub_fetch(&control->countdown, 1, __ATOMIC_SEQ_CST) != 0) return PASS;
  __atomic_add_fetch(&control->injected, 1, __ATOMIC_SEQ_CST);
  return action;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// `half` is what a torn call does, `whole` the call itself; `bytes` and `at` are for the trace.
#define CALL(call, fd, half, whole, bytes, at)               \
  do {                                                       \
    enum action action = due(fd, call);                      \
    if (action == KILL_BEFORE) die();                        \
    uint64_t begun = begin(call, fd);                        \
    if (action == KILL_HALFWAY) {                            \
      end(call, fd, begun, half, bytes, at);                 \
      die();                                                 \
    }                                                        \
    if (action == FAIL || action == FAIL_ONE) {              \
      errno = control->error;                                \
      return -1;                                             \
    }                                                        \
    __auto_type result = whole;                              \
    end(call, fd, begun, result, bytes, at);                 \
    if (action == KILL_AFTER) die();                         \
    return result;                                           \
  } while (0)

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { CALL(SYNC, fd, -1, REAL(fsync)(fd), NULL, 0); }

int fdatasync(int fd) { CALL(SYNC, fd, -1, REAL(fdatasync)(fd), NULL, 0); }

ssize_t write(int fd, const void *bytes, size_t count) {
  off_t at = shared_clock ? lseek(fd, 0, SEEK_CUR) : 0;
  CALL(WRITE, fd, REAL(write)(fd, bytes, count / 2), REAL(write)(fd, bytes, count), bytes, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  CALL(WRITE, fd, REAL(pwrite)(fd, bytes, count / 2, at), REAL(pwrite)(fd, bytes, count, at), bytes, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  CALL(WRITE, fd, REAL(pwrite64)(fd, bytes, count / 2, at), REAL(pwrite64)(fd, bytes, count, at), bytes, at);
}

int ftruncate(int fd, off_t length) { CALL(TRUNCATE, fd, -1, REAL(ftruncate)(fd, length), NULL, length); }

int ftruncate64(int fd, off64_t length) { CALL(TRUNCATE, fd, -1, REAL(ftruncate64)(fd, length), NULL, length); }

// A file that appears or goes is no call to fail at: it is only written down.
static int opened(__typeof__(&open) real, const char *path, int flags, mode_t mode) {
  int file = shared_clock && flags & O_CREAT ? place_of(path) : -1;
  int is_new = file >= 0 && access(path, F_OK) != 0;
  uint64_t begun = is_new ? tick() : 0;
  int fd = real(path, flags, mode);
  if (is_new && fd >= 0) note(CREATE, file, begun, 0, NULL, 0);
  return fd;
}

#define OPEN(name)                                                  \
  do {                                                              \
    mode_t mode = 0;                                                \
    if (flags & (O_CREAT | O_TMPFILE)) {                            \
      va_list rest;                                                 \
      va_start(rest, flags);                                        \
      mode = va_arg(rest, mode_t);                                  \
      va_end(rest);                                                 \
    }                                                               \
    return opened(REAL(name), path, flags, mode);                   \
  } while (0)

int open(const char *path, int flags, ...) { OPEN(open); }

int open64(const char *path, int flags, ...) { OPEN(open64); }

int unlink(const char *path) {
  int file = shared_clock ? place_of(path) : -1;
  uint64_t begun = file < 0 ? 0 : tick();
  int result = REAL(unlink)(path);
  if (file >= 0 && result == 0) note(UNLINK, file, begun, 0, NULL, 0);
  return result;
}
