/*
 * A disk that is slow, full, or fails, and of which is left what a power cut would leave: loaded into a
 * process by LD_PRELOAD, it stands between that and the system. See disk.ts.
 *
 * PARLEY_DISK         directory whose files this is about, as an absolute path without links
 * PARLEY_DISK_DELAY   milliseconds that each sync takes
 * PARLEY_DISK_LEFT    directory that gets what has been synced, file by file
 * PARLEY_DISK_SEED    not 0: now and then also what was not synced gets there, or a part of it
 * PARLEY_DISK_FAULTS  directory: while there is a file "full" in it nothing can be written, and while
 *                     there is one "sync" syncs fail, and what they should have brought is lost
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Something done to a file that is not on the disk yet: bytes written, or with no bytes, its size. */
struct step {
  struct step *next;
  unsigned long number;
  char name[64];
  off_t at;
  size_t size;
  char bytes[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct step *first, **last = &first;
static unsigned long steps;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The name of a file in the directory; none for other files, and for what SQLite makes anew itself. */
static const char *named(const char *path) {
  const char *disk = getenv("PARLEY_DISK");
  size_t length = disk ? strlen(disk) : 0;
  if (!disk || strncmp(path, disk, length) || path[length] != '/') return NULL;
  const char *name = path + length + 1;
  size_t size = strlen(name);
  if (!size || size >= 64 || strchr(name, '/') || strchr(name, ' ')) return NULL;
  return size > 4 && !strcmp(name + size - 4, "-shm") ? NULL : name;
}

static int name_of(int fd, char name[64]) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  const char *found = named(path);
  if (found) strcpy(name, found);
  return found != NULL;
}

static int faulty(const char *fault) {
  const char *faults = getenv("PARLEY_DISK_FAULTS");
  char path[PATH_MAX];
  if (!faults) return 0;
  snprintf(path, sizeof path, "%s/%s", faults, fault);
  return !access(path, F_OK);
}

/* Does it matter what is written? To find out of which file it is takes a microsecond. */
static int watched(void) {
  return getenv("PARLEY_DISK_LEFT") || getenv("PARLEY_DISK_FAULTS");
}

/* A random number, or 0 where nothing is left to chance. */
static unsigned chance(void) {
  static unsigned seed, begun;
  if (!begun) {
    begun = 1;
    seed = getenv("PARLEY_DISK_SEED") ? atoi(getenv("PARLEY_DISK_SEED")) : 0;
  }
  return seed ? rand_r(&seed) : 0;
}

/* Brings a step, or its first bytes, to the disk. */
static void bring(struct step *step, size_t size) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", getenv("PARLEY_DISK_LEFT"), step->name);
  int fd = REAL(open)(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) abort();
  if (step->size == 0) {
    if (REAL(ftruncate)(fd, step->at)) abort();
  } else if (REAL(pwrite)(fd, step->bytes, size, step->at) != (ssize_t)size) {
    abort();
  }
  close(fd);
}

static void remember(const char *name, off_t at, const void *bytes, size_t size) {
  if (!getenv("PARLEY_DISK_LEFT")) return;
  struct step *step = malloc(sizeof *step + size);
  if (!step) abort();
  *step = (struct step){ .at = at, .size = size };
  strcpy(step->name, name);
  memcpy(step->bytes, bytes, size);
  pthread_mutex_lock(&mutex);
  step->number = ++steps;
  *last = step;
  last = &step->next;
  unsigned luck = chance();
  /* Sectors are written whole, files grow and shrink in order. */
  if (luck % 4 == 1 && size) bring(step, luck % 8 == 1 ? size : size / 2 / 512 * 512);
  pthread_mutex_unlock(&mutex);
}

/* Forgets what was done to a file, up to a step, and first brings it to the disk if it can. */
static void settle(const char *name, unsigned long number, int lost) {
  pthread_mutex_lock(&mutex);
  last = &first;
  while (*last) {
    struct step *step = *last;
    if (step->number > number || strcmp(step->name, name)) {
      last = &step->next;
      continue;
    }
    if (!lost) bring(step, step->size);
    *last = step->next;
    free(step);
  }
  pthread_mutex_unlock(&mutex);
}

static int sync_file(int fd, int (*real)(int)) {
  char name[64];
  if (!name_of(fd, name)) return real(fd);
  pthread_mutex_lock(&mutex);
  unsigned long number = steps;
  pthread_mutex_unlock(&mutex);
  int fails = faulty("sync");
  const char *delay = getenv("PARLEY_DISK_DELAY");
  if (delay) usleep(atoi(delay) * 1000);
  int result = real(fd);
  if (getenv("PARLEY_DISK_LEFT")) settle(name, number, fails);
  if (!fails) return result;
  errno = EIO;
  return -1;
}

int fsync(int fd) { return sync_file(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_file(fd, REAL(fdatasync)); }

static ssize_t write_at(int fd, const void *bytes, size_t size, off_t at, int here) {
  char name[64];
  int ours = size && watched() && name_of(fd, name);
  if (ours && faulty("full")) {
    errno = ENOSPC;
    return -1;
  }
  if (ours && here) at = lseek(fd, 0, SEEK_CUR);
  ssize_t result = here ? REAL(write)(fd, bytes, size) : REAL(pwrite)(fd, bytes, size, at);
  if (ours && result > 0) remember(name, at, bytes, result);
  return result;
}

ssize_t write(int fd, const void *bytes, size_t size) { return write_at(fd, bytes, size, 0, 1); }
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  return write_at(fd, bytes, size, at, 0);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) {
  return write_at(fd, bytes, size, at, 0);
}

int ftruncate(int fd, off_t size) {
  char name[64];
  int result = REAL(ftruncate)(fd, size);
  if (!result && name_of(fd, name)) remember(name, size, "", 0);
  return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int unlink(const char *path) {
  int result = REAL(unlink)(path);
  const char *name = result ? NULL : named(path);
  const char *left = getenv("PARLEY_DISK_LEFT");
  if (name && left) {
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s/%s", left, name);
    settle(name, ULONG_MAX, 1);
    REAL(unlink)(copy);
  }
  return result;
}
