/* WebSocket frames (RFC 6455 §5.2): those a client writes, masked, and those it reads, which are not. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct {
  int opcode;
  const char *payload;
  size_t length;
} Frame;

void frame_write(Bytes *out, int opcode, const char *payload, size_t length);

/* The frame that begins at `from`, and how many bytes it takes; 0 while it is not all there. */
size_t frame_read(const char *from, size_t available, Frame *frame);
