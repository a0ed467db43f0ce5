/* What to do, as the command line says it. `load --help` prints the same words. */
#pragma once
#include <stdint.h>

#define TEXTS_MAX 16

typedef struct {
  const char *host, *path, *message, *admitted, *answer;
  const char *headers[TEXTS_MAX], *joins[TEXTS_MAX];
  int headers_count, joins_count;
  char **tokens; /* one for each connection, used round and round */
  int tokens_count;
  int port, connections, rooms, first_room, senders, window, pad, burst, settle_ms;
  int hold, once, prime, wait, spread, binary;
  double seconds, warm_seconds, rate;
} Options;

/* Prints what is wrong, or the help, and exits if the words are not understood. */
Options options_read(int argc, char **argv);
