/* Texts with places to fill in: what a connection asks for and says. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "connection.h"

/* %r room, %c connection, %k token, %n number of the message, %t stamp, %p padding, %% itself; cut at capacity. Returns the length. */
size_t template_expand(char *to, size_t capacity, const char *template, const Connection *connection, const Options *options);

/* The stamp that %t left in a payload: when it was said and by whom. 0 if there is none. */
int stamp_read(const char *payload, size_t length, uint64_t *said_ns, int *sender);
