/* One client: a socket, its handshake, the frames it says and hears. Knows nothing of the load's plan. */
#pragma once
#include "bytes.h"
#include "frame.h"
#include "options.h"

typedef enum { UNBORN, CONNECTING, HANDSHAKE, UPGRADED, DEAD } State;

typedef struct Connection {
  State state;
  int fd, id, room;
  int admitted;     /* counted as open: upgraded, and heard what it was to hear */
  int is_sender;
  int in_flight;    /* messages said and not yet heard by the witness */
  int witness;      /* whose hearing of a message counts as its return: the next connection of the room */
  int wants_write;
  unsigned long said;
  Bytes in, out;    /* a frame that is not all there; what the socket did not take */
} Connection;

/* What the plan does about a frame, and about a connection that was counted and is lost. */
typedef struct {
  void (*heard)(Connection *connection, const Frame *frame);
  void (*admitted)(Connection *connection);
  void (*lost)(Connection *connection, const char *why);
} Plan;

void connections_begin(const Options *options, const Plan *plan);
/* Moves bytes until `wait_ms` passed without any, at most once round all ready sockets. */
void connections_move(int wait_ms);

void connection_open(Connection *connection);
/* Queues a frame of the template's text; connection_flush sends what is queued. */
void connection_say(Connection *connection, const char *template);
void connection_flush(Connection *connection);
