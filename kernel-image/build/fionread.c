/* A preload for the kernel: FIONREAD on a regular file. gVisor answers ENOTTY where Linux answers size minus offset; ECL, and so Maxima, then
   reads its library one character at a time, and the first integral costs 13 s instead of 1.4. Built by root.py into /usr/local/lib/sandcell. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int ioctl_function(int, unsigned long, ...);

static ioctl_function *next_ioctl;

/* Found when the library is loaded, so that no thread or forked child races to look it up. */
__attribute__((constructor)) static void find_next(void) { next_ioctl = (ioctl_function *)dlsym(RTLD_NEXT, "ioctl"); }

static int bytes_left(int fd, int *answer) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return -1;
  off_t offset = lseek(fd, 0, SEEK_CUR);
  if (offset < 0) return -1;
  off_t left = status.st_size > offset ? status.st_size - offset : 0;
  *answer = left > INT_MAX ? INT_MAX : (int)left;
  return 0;
}

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (!next_ioctl) find_next();
  int result = next_ioctl(fd, request, argument);
  if (result == -1 && errno == ENOTTY && request == FIONREAD) {
    if (bytes_left(fd, argument) == 0) return 0;
    errno = ENOTTY;
  }
  return result;
}
