#define _GNU_SOURCE
#include "memory_use.h"

#include <stdio.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

long recall_peak_memory(void) {
#if defined(__linux__)
  // getrusage's peak includes that of the process which started this one; VmHWM does not.
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return -1;
  char line[256];
  long kibibytes = -1;
  while (kibibytes < 0 && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &kibibytes);
  fclose(file);
  return kibibytes < 0 ? -1 : kibibytes * 1024;
#else
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) ? -1 : usage.ru_maxrss;  // bytes on macOS
#endif
}

void recall_prefer_huge_pages(void *start, size_t bytes) {
#if defined(__linux__)
  madvise(start, bytes, MADV_HUGEPAGE);
#else
  (void)start, (void)bytes;
#endif
}
