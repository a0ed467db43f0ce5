#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *bytes_reserve(Bytes *bytes, size_t n) {
  if (bytes->length + n > bytes->capacity) {
    bytes->capacity = (bytes->length + n) * 2;
    bytes->at = realloc(bytes->at, bytes->capacity);
    if (!bytes->at) perror("out of memory"), exit(1);
  }
  return bytes->at + bytes->length;
}

void bytes_append(Bytes *bytes, const void *from, size_t n) {
  memcpy(bytes_reserve(bytes, n), from, n);
  bytes->length += n;
}

void bytes_take(Bytes *bytes, size_t n) {
  bytes->length -= n;
  if (bytes->length) {
    memmove(bytes->at, bytes->at + n, bytes->length);
    return;
  }
  free(bytes->at);
  *bytes = (Bytes){0};
}
