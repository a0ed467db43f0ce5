#define _GNU_SOURCE
#include "template.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define STAMP_BYTES 30 /* T: 20 digits : 7 digits */

typedef struct {
  char *at;
  size_t length, capacity;
} Text;

__attribute__((format(printf, 2, 3))) static void add(Text *text, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int n = vsnprintf(text->at + text->length, text->capacity - text->length, format, values);
  va_end(values);
  size_t room = text->capacity - text->length - 1;
  text->length += (size_t)n < room ? (size_t)n : room;
}

static void pad(Text *text, size_t n) {
  size_t room = text->capacity - text->length - 1;
  if (n > room) n = room;
  memset(text->at + text->length, 'x', n);
  text->length += n;
}

static void fill(Text *text, char place, const Connection *c, const Options *options) {
  switch (place) {
    case 'r': add(text, "%d", c->room); break;
    case 'c': add(text, "%d", c->id); break;
    case 'n': add(text, "%lu", c->said); break;
    case 'k': add(text, "%s", options->tokens_count ? options->tokens[c->id % options->tokens_count] : ""); break;
    case 't': add(text, "T:%020llu:%07d", (unsigned long long)now_ns(), c->id); break;
    case 'p': pad(text, (size_t)options->pad); break;
    default: add(text, "%c", place);
  }
}

size_t template_expand(char *to, size_t capacity, const char *template, const Connection *connection, const Options *options) {
  Text text = {to, 0, capacity};
  for (const char *at = template; *at; at++) {
    const char *place = strchrnul(at, '%');
    size_t room = capacity - text.length - 1, n = (size_t)(place - at);
    memcpy(to + text.length, at, n < room ? n : room);
    text.length += n < room ? n : room;
    if (!place[0] || !place[1]) break;
    fill(&text, place[1], connection, options);
    at = place + 1;
  }
  to[text.length] = 0;
  return text.length;
}

int stamp_read(const char *payload, size_t length, uint64_t *said_ns, int *sender) {
  const char *stamp = memmem(payload, length, "T:", 2);
  if (!stamp || (size_t)(payload + length - stamp) < STAMP_BYTES) return 0;
  *said_ns = strtoull(stamp + 2, NULL, 10);
  *sender = atoi(stamp + 23);
  return 1;
}
