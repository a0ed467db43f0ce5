#define _GNU_SOURCE
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "template.h"

#define READ_BYTES (256 * 1024)
#define CONNECTIONS_AN_ADDRESS 20000

static const Options *options;
static const Plan *plan;
static int epoll;

void connections_begin(const Options *the_options, const Plan *the_plan) {
  options = the_options;
  plan = the_plan;
  epoll = epoll_create1(0);
}

static void lose(Connection *c, const char *why) {
  if (c->state == DEAD) return;
  plan->lost(c, why);
  c->state = DEAD;
  close(c->fd);
  bytes_take(&c->in, c->in.length);
  bytes_take(&c->out, c->out.length);
}

static void watch(Connection *c, int operation, int writes) {
  c->wants_write = writes;
  struct epoll_event event = {.events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll, operation, c->fd, &event);
}

static void bind_to_spread_address(int fd, int id) {
  int one = 1;
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002u + (unsigned)(id / CONNECTIONS_AN_ADDRESS))};
  setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  bind(fd, (struct sockaddr *)&from, sizeof from);
}

void connection_open(Connection *c) {
  int one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)options->port)};
  inet_pton(AF_INET, options->host, &to.sin_addr);
  c->state = CONNECTING;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (options->spread) bind_to_spread_address(c->fd, c->id);
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    lose(c, strerror(errno));
    return;
  }
  watch(c, EPOLL_CTL_ADD, 1);
}

void connection_flush(Connection *c) {
  size_t done = 0;
  while (done < c->out.length) {
    ssize_t n = send(c->fd, c->out.at + done, c->out.length - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) {
      lose(c, strerror(errno));
      return;
    }
    done += (size_t)n;
  }
  if (done) bytes_take(&c->out, done);
  if (c->wants_write != (c->out.length > 0)) watch(c, EPOLL_CTL_MOD, c->out.length > 0);
}

void connection_say(Connection *c, const char *template) {
  static char text[1 << 20];
  size_t length = template_expand(text, sizeof text, template, c, options);
  frame_write(&c->out, options->binary ? BINARY : TEXT, text, length);
}

static void ask_for_upgrade(Connection *c) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) {
    lose(c, strerror(error));
    return;
  }
  char head[16384];
  size_t n = (size_t)sprintf(head, "GET ");
  n += template_expand(head + n, 4096, options->path, c, options);
  n += (size_t)sprintf(head + n,
                       " HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
                       options->host, options->port);
  for (int i = 0; i < options->headers_count; i++) {
    n += template_expand(head + n, sizeof head - n - 8, options->headers[i], c, options);
    n += (size_t)sprintf(head + n, "\r\n");
  }
  n += (size_t)sprintf(head + n, "\r\n");
  bytes_append(&c->out, head, n);
  c->state = HANDSHAKE;
  connection_flush(c);
}

/* How many bytes the answer to the upgrade took; 0 while it is not all there. */
static size_t hear_upgrade(Connection *c, const char *from, size_t available) {
  const char *end = memmem(from, available, "\r\n\r\n", 4);
  if (!end) return 0;
  if (memcmp(from, "HTTP/1.1 101", 12)) {
    char status[64] = {0};
    memcpy(status, from, available < 40 ? available : 40);
    status[strcspn(status, "\r\n")] = 0;
    lose(c, status);
    return 0;
  }
  c->state = UPGRADED;
  for (int i = 0; i < options->joins_count; i++) connection_say(c, options->joins[i]);
  connection_flush(c);
  if (!options->admitted) plan->admitted(c);
  return (size_t)(end + 4 - from);
}

static void hear(Connection *c, const Frame *frame) {
  if (frame->opcode == PING) {
    frame_write(&c->out, PONG, frame->payload, frame->length);
    connection_flush(c);
  } else if (frame->opcode == CLOSE) {
    const unsigned char *code = (const unsigned char *)frame->payload;
    char why[32];
    snprintf(why, sizeof why, "close %d", frame->length >= 2 ? code[0] << 8 | code[1] : 1005);
    lose(c, why);
  } else {
    if (!c->admitted && memmem(frame->payload, frame->length, options->admitted, strlen(options->admitted))) plan->admitted(c);
    plan->heard(c, frame);
  }
}

/* Takes whole frames from the front and returns how many bytes they were. */
static size_t hear_all(Connection *c, const char *from, size_t available) {
  size_t done = 0;
  if (c->state == HANDSHAKE) done = hear_upgrade(c, from, available);
  Frame frame;
  for (size_t n; c->state == UPGRADED && (n = frame_read(from + done, available - done, &frame)); done += n) hear(c, &frame);
  return done;
}

/* Frames are heard straight from the shared buffer; only a piece of one is kept. */
static void read_some(Connection *c) {
  static char buffer[READ_BYTES];
  ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    lose(c, n ? strerror(errno) : "end of stream");
    return;
  }
  if (c->in.length) {
    bytes_append(&c->in, buffer, (size_t)n);
    size_t done = hear_all(c, c->in.at, c->in.length);
    if (c->state != DEAD && done) bytes_take(&c->in, done);
    return;
  }
  size_t done = hear_all(c, buffer, (size_t)n);
  if (c->state != DEAD && done < (size_t)n) bytes_append(&c->in, buffer + done, (size_t)n - done);
}

void connections_move(int wait_ms) {
  static struct epoll_event events[1024];
  int n = epoll_wait(epoll, events, 1024, wait_ms);
  for (int i = 0; i < n; i++) {
    Connection *c = events[i].data.ptr;
    if (c->state == CONNECTING) {
      ask_for_upgrade(c);
      continue;
    }
    if (c->state != DEAD && events[i].events & EPOLLOUT) connection_flush(c);
    if (c->state != DEAD && events[i].events & ~(unsigned)EPOLLOUT) read_some(c);
  }
}
