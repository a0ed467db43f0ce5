#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "load --port PORT [option ...]      one epoll loop of WebSocket clients; figures as JSON lines on stdout\n"
    "\n"
    "  --host ADDRESS      127.0.0.1\n"
    "  --path PATH         of the upgrade; here and in the texts below: %r room, %c connection, %k its token\n"
    "  --header 'N: V'     of the upgrade; may be repeated\n"
    "  --tokens FILE       a token a line, one for each connection\n"
    "  --join TEXT         sent once after the upgrade; may be repeated\n"
    "  --admitted TEXT     a connection counts as open when a frame with this text has come (else at the 101)\n"
    "  --message TEXT      what a sender says; %t its stamp, %n its number, %p padding\n"
    "  --answer TEXT       a frame that begins with this text answers a message, instead of the stamp coming back\n"
    "  --binary            send binary frames\n"
    "  --connections N     100        --rooms N      1, connections are dealt over them in turn\n"
    "  --senders N         1 a room   --window N     1 message of each in flight, unless\n"
    "  --rate N            messages a second of all senders together\n"
    "  --once              every sender sends one message; ends when all were delivered, or after --seconds\n"
    "  --prime             before --once the same, once more and unmeasured, with --wait between them\n"
    "  --hold              send nothing: open, hold for --seconds, say how many were closed\n"
    "  --seconds N         5, after   --warm N       1 second of the same work\n"
    "  --pad N             64 bytes   --burst N      64 connections being opened at once\n"
    "  --settle MS         1000, between the last connection and the first message\n"
    "  --wait              go on only when a line comes on stdin\n"
    "  --first-room N      0, the number of the first room\n"
    "  --spread            use one source address for every 20,000 connections\n";

enum { HOST = 1, PORT, PATH, HEADER, TOKENS, JOIN, ADMITTED, MESSAGE, ANSWER, BINARY_FRAMES, CONNECTIONS, ROOMS, SENDERS, WINDOW,
       RATE, ONCE, PRIME, HOLD, SECONDS, WARM, PAD, BURST, SETTLE, WAIT, FIRST_ROOM, SPREAD, HELP_WANTED };

static const struct option WORDS[] = {
    {"host", 1, 0, HOST},         {"port", 1, 0, PORT},       {"path", 1, 0, PATH},         {"header", 1, 0, HEADER},
    {"tokens", 1, 0, TOKENS},     {"join", 1, 0, JOIN},       {"admitted", 1, 0, ADMITTED}, {"message", 1, 0, MESSAGE},
    {"answer", 1, 0, ANSWER},     {"binary", 0, 0, BINARY_FRAMES}, {"connections", 1, 0, CONNECTIONS}, {"rooms", 1, 0, ROOMS},
    {"senders", 1, 0, SENDERS},   {"window", 1, 0, WINDOW},   {"rate", 1, 0, RATE},         {"once", 0, 0, ONCE},         {"prime", 0, 0, PRIME},
    {"hold", 0, 0, HOLD},         {"seconds", 1, 0, SECONDS}, {"warm", 1, 0, WARM},         {"pad", 1, 0, PAD},
    {"burst", 1, 0, BURST},       {"settle", 1, 0, SETTLE},   {"wait", 0, 0, WAIT},
    {"first-room", 1, 0, FIRST_ROOM}, {"spread", 0, 0, SPREAD}, {"help", 0, 0, HELP_WANTED}, {0}};

static void read_tokens(Options *options, const char *name) {
  FILE *file = fopen(name, "r");
  if (!file) perror(name), exit(2);
  char *line = NULL;
  size_t capacity = 0;
  for (ssize_t n; (n = getline(&line, &capacity, file)) > 0;) {
    line[strcspn(line, "\r\n")] = 0;
    options->tokens = realloc(options->tokens, sizeof(char *) * (size_t)(options->tokens_count + 1));
    options->tokens[options->tokens_count++] = strdup(line);
  }
  free(line);
  fclose(file);
}

static void add(const char **texts, int *count, const char *text) {
  if (*count == TEXTS_MAX) fprintf(stderr, "at most %d\n", TEXTS_MAX), exit(2);
  texts[(*count)++] = text;
}

static void take(Options *o, int word) {
  switch (word) {
    case HOST: o->host = optarg; break;
    case PORT: o->port = atoi(optarg); break;
    case PATH: o->path = optarg; break;
    case HEADER: add(o->headers, &o->headers_count, optarg); break;
    case TOKENS: read_tokens(o, optarg); break;
    case JOIN: add(o->joins, &o->joins_count, optarg); break;
    case ADMITTED: o->admitted = optarg; break;
    case MESSAGE: o->message = optarg; break;
    case ANSWER: o->answer = optarg; break;
    case BINARY_FRAMES: o->binary = 1; break;
    case CONNECTIONS: o->connections = atoi(optarg); break;
    case ROOMS: o->rooms = atoi(optarg); break;
    case SENDERS: o->senders = atoi(optarg); break;
    case WINDOW: o->window = atoi(optarg); break;
    case RATE: o->rate = atof(optarg); break;
    case ONCE: o->once = 1; break;
    case PRIME: o->prime = 1; break;
    case HOLD: o->hold = 1; break;
    case SECONDS: o->seconds = atof(optarg); break;
    case WARM: o->warm_seconds = atof(optarg); break;
    case PAD: o->pad = atoi(optarg); break;
    case BURST: o->burst = atoi(optarg); break;
    case SETTLE: o->settle_ms = atoi(optarg); break;
    case WAIT: o->wait = 1; break;
    case FIRST_ROOM: o->first_room = atoi(optarg); break;
    case SPREAD: o->spread = 1; break;
    case HELP_WANTED: fputs(HELP, stdout); exit(0);
    default: fputs(HELP, stderr); exit(2);
  }
}

Options options_read(int argc, char **argv) {
  Options options = {
      .host = "127.0.0.1", .path = "/", .message = "%t %p", .connections = 100, .rooms = 1, .senders = 1,
      .window = 1, .pad = 64, .burst = 64, .settle_ms = 1000, .seconds = 5, .warm_seconds = 1,
  };
  for (int word; (word = getopt_long(argc, argv, "", WORDS, NULL)) != -1;) take(&options, word);
  if (!options.port || options.connections < 1 || options.rooms < 1 || options.rooms > options.connections) {
    fprintf(stderr, "--port is needed, and at least one connection in each room\n");
    exit(2);
  }
  return options;
}
