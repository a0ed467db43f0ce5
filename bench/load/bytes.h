/* A growing run of bytes: appended at the end, taken from the front. All zero is an empty one. */
#pragma once
#include <stddef.h>

typedef struct {
  char *at;
  size_t length, capacity;
} Bytes;

/* Makes room for n more bytes and returns where they go; the caller adds to length what it wrote. */
char *bytes_reserve(Bytes *bytes, size_t n);
void bytes_append(Bytes *bytes, const void *from, size_t n);
/* Drops n bytes from the front. An empty run gives its memory back, so that a quiet connection costs none. */
void bytes_take(Bytes *bytes, size_t n);
