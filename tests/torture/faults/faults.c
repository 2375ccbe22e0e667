// Preloaded into one service: makes its writes and syncs of chosen files fail, or kills it at one of them.
//
// TORTURE_FILES    the files that count, by their base names, between colons: catalog.db:catalog.db-wal
// TORTURE_CONTROL  a file of one page, mapped by this process and written by the campaign: `struct control`
//
// SQLite under Bun writes with pwrite64 and syncs with fsync or fdatasync; the rest is hooked to be sure.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The same numbers as in library.ts.
enum action { PASS, KILL_BEFORE, KILL_HALFWAY, KILL_AFTER, FAIL, FAIL_ONE };
enum call { SYNC = 1, WRITE = 2, TRUNCATE = 4 };

struct control {
  int32_t action;
  int32_t calls;      // which calls count, the bits of enum call
  int32_t files;      // in which files: bit 0 is the first of TORTURE_FILES
  int32_t error;      // what FAIL and FAIL_ONE set errno to
  int32_t countdown;  // KILL_… and FAIL_ONE: the call that brings this to 0
  int32_t injected;   // faults, for the campaign to read
};

static struct control *control;
static char files[512];

__attribute__((constructor)) static void map_control(void) {
  const char *path = getenv("TORTURE_CONTROL"), *names = getenv("TORTURE_FILES");
  if (!path || !names) return;
  snprintf(files, sizeof files, ":%s:", names);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (page != MAP_FAILED) control = page;
}

// The bit of this file, or 0 when it is none of ours.
static int bit_of(int fd) {
  char link[64], path[4096], name[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  const char *slash = strrchr(path, '/');
  if (!slash || strlen(slash) > sizeof name - 3) return 0;
  snprintf(name, sizeof name, ":%s:", slash + 1);
  const char *found = strstr(files, name);
  if (!found) return 0;
  int bit = 1;
  for (const char *at = files; at < found; at++)
    if (at[1] == ':') bit <<= 1;
  return bit;
}

// What is to happen to this call.
static enum action due(int fd, enum call call) {
  if (!control || control->action == PASS || !(control->calls & call)) return PASS;
  if (!(control->files & bit_of(fd))) return PASS;
  enum action action = control->action;
  if (action != FAIL && __atomic_sub_fetch(&control->countdown, 1, __ATOMIC_SEQ_CST) != 0) return PASS;
  __atomic_add_fetch(&control->injected, 1, __ATOMIC_SEQ_CST);
  return action;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// `half` is what a torn call does, `whole` the call itself.
#define CALL(kind, fd, half, whole)                     \
  do {                                                  \
    enum action action = due(fd, kind);                 \
    if (action == KILL_BEFORE) die();                   \
    if (action == KILL_HALFWAY) { half; die(); }        \
    if (action == FAIL || action == FAIL_ONE) {         \
      errno = control->error;                           \
      return -1;                                        \
    }                                                   \
    __auto_type result = whole;                         \
    if (action == KILL_AFTER) die();                    \
    return result;                                      \
  } while (0)

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { CALL(SYNC, fd, (void)0, REAL(fsync)(fd)); }

int fdatasync(int fd) { CALL(SYNC, fd, (void)0, REAL(fdatasync)(fd)); }

ssize_t write(int fd, const void *bytes, size_t count) {
  CALL(WRITE, fd, REAL(write)(fd, bytes, count / 2), REAL(write)(fd, bytes, count));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  CALL(WRITE, fd, REAL(pwrite)(fd, bytes, count / 2, at), REAL(pwrite)(fd, bytes, count, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  CALL(WRITE, fd, REAL(pwrite64)(fd, bytes, count / 2, at), REAL(pwrite64)(fd, bytes, count, at));
}

int ftruncate(int fd, off_t length) { CALL(TRUNCATE, fd, (void)0, REAL(ftruncate)(fd, length)); }

int ftruncate64(int fd, off64_t length) { CALL(TRUNCATE, fd, (void)0, REAL(ftruncate64)(fd, length)); }
