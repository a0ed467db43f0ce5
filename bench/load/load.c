/* A WebSocket load on one core: opens connections over rooms, keeps messages in flight or sends them at a rate, and measures
   every delivery. Says what it found as one JSON line a phase: "open", then "measuring", then "done". */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "clock.h"
#include "connection.h"
#include "latency.h"
#include "options.h"
#include "template.h"

#define OPEN_SECONDS_MAX 180

static Options options;
static Connection *connections;
static Latency latency;
static struct {
  int open, failed, closed_early;
} sockets;
static struct {
  uint64_t said, delivered, delivered_bytes, other;
} counts;
static int measuring;
static char first_loss[64];

static void say(Connection *c) {
  connection_say(c, options.message);
  c->said++;
  c->in_flight++;
  counts.said++;
}

static void keep_window(Connection *c) {
  if (options.rate > 0 || options.once || !c->is_sender || c->state != UPGRADED) return;
  while (c->in_flight < options.window) say(c);
  connection_flush(c);
}

static void returned(Connection *sender) {
  sender->in_flight--;
  keep_window(sender);
}

static int is_answer(const Frame *frame) {
  size_t n = strlen(options.answer);
  return frame->length >= n && !memcmp(frame->payload, options.answer, n);
}

static void count(const Frame *frame, uint64_t said_ns) {
  if (!measuring) return;
  counts.delivered++;
  counts.delivered_bytes += frame->length;
  if (said_ns) latency_add(&latency, now_ns() - said_ns);
}

static void heard(Connection *c, const Frame *frame) {
  uint64_t said_ns;
  int sender;
  if (options.answer) {
    if (!is_answer(frame)) return;
    count(frame, 0);
    if (c->in_flight) returned(c);
  } else if (stamp_read(frame->payload, frame->length, &said_ns, &sender)) {
    count(frame, said_ns);
    if (sender >= 0 && sender < options.connections && connections[sender].witness == c->id) returned(&connections[sender]);
  } else if (measuring) {
    counts.other++;
  }
}

static void admitted(Connection *c) {
  c->admitted = 1;
  sockets.open++;
}

static void lost(Connection *c, const char *why) {
  if (!first_loss[0]) snprintf(first_loss, sizeof first_loss, "%s", why);
  if (c->admitted) sockets.closed_early++;
  else sockets.failed++;
}

static void deal_connections(void) {
  connections = calloc((size_t)options.connections, sizeof *connections);
  for (int i = 0; i < options.connections; i++) {
    int next = i + options.rooms;
    connections[i] = (Connection){
        .fd = -1, .id = i, .room = options.first_room + i % options.rooms, .is_sender = i / options.rooms < options.senders,
        .witness = next < options.connections ? next : i % options.rooms,
    };
  }
}

static double seconds_since(uint64_t begin) { return (double)(now_ns() - begin) / (double)NS_PER_S; }

static void move_for(double seconds) {
  for (uint64_t begin = now_ns(); seconds_since(begin) < seconds;) connections_move(20);
}

static void move_until_a_line_comes(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  while (!poll(&input, 1, 0)) connections_move(20);
}

static void open_all(void) {
  uint64_t begin = now_ns();
  int begun = 0;
  while (sockets.open + sockets.failed < options.connections && seconds_since(begin) < OPEN_SECONDS_MAX) {
    while (begun < options.connections && begun - sockets.open - sockets.failed < options.burst) connection_open(&connections[begun++]);
    connections_move(100);
  }
  double took = seconds_since(begin);
  printf("{\"phase\":\"open\",\"open\":%d,\"failed\":%d,\"seconds\":%.4f,\"accepts_per_s\":%.1f,\"first_loss\":\"%s\"}\n",
         sockets.open, sockets.failed, took, sockets.open / took, first_loss);
  fflush(stdout);
}

/* When the next message of a given rate is due, and which sender's turn it is. Each comes anywhere within its share of the time: at even
   intervals all would meet the same timer of the server, or none. */
typedef struct {
  uint64_t begin_ns, due_ns;
  int turn, turns_max;
} Pace;

static Pace pace_from(uint64_t begin_ns, int turns_max) {
  Pace pace = {begin_ns, begin_ns, 0, turns_max};
  return pace;
}

static void say_what_is_due(Pace *pace) {
  int senders = options.rooms * options.senders;
  for (uint64_t now = now_ns(); pace->due_ns <= now && pace->turn < pace->turns_max; pace->turn++) {
    Connection *c = &connections[pace->turn % senders];
    if (c->state == UPGRADED) {
      say(c);
      connection_flush(c);
    }
    pace->due_ns = pace->begin_ns + (uint64_t)((pace->turn + 1 + drand48()) * NS_PER_S / options.rate);
  }
}

static int ms_until_due(const Pace *pace) {
  uint64_t now = now_ns();
  if (pace->turn == pace->turns_max || options.rate <= 0) return 10;
  if (pace->due_ns <= now) return 0;
  uint64_t ms = (pace->due_ns - now) / NS_PER_MS;
  return ms > 10 ? 10 : (int)ms;
}

static double own_cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void say_measuring(void) {
  measuring = 1;
  counts.said = counts.delivered = counts.delivered_bytes = counts.other = 0;
  puts("{\"phase\":\"measuring\"}");
  fflush(stdout);
}

static void report(double seconds, double busy_seconds, uint64_t expected) {
  printf("{\"phase\":\"done\",\"open\":%d,\"failed\":%d,\"closed_early\":%d,\"first_loss\":\"%s\",\"seconds\":%.3f,\"said\":%llu,"
         "\"delivered\":%llu,\"expected\":%llu,\"said_per_s\":%.1f,\"delivered_per_s\":%.1f,\"mb_per_s\":%.2f,\"other_per_s\":%.1f,"
         "\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"load_busy\":%.3f}\n",
         sockets.open, sockets.failed, sockets.closed_early, first_loss, seconds, (unsigned long long)counts.said,
         (unsigned long long)counts.delivered, (unsigned long long)expected, (double)counts.said / seconds,
         (double)counts.delivered / seconds, (double)counts.delivered_bytes / seconds / 1e6, (double)counts.other / seconds,
         latency_quantile_us(&latency, .5), latency_quantile_us(&latency, .9), latency_quantile_us(&latency, .99),
         latency_quantile_us(&latency, .999), busy_seconds / seconds);
  fflush(stdout);
}

static void drive(Pace *pace, double seconds) {
  for (uint64_t begin = now_ns(); seconds_since(begin) < seconds;) {
    if (options.rate > 0) say_what_is_due(pace);
    connections_move(ms_until_due(pace));
  }
}

/* A steady load: warm, then measured for --seconds. */
static void run_steadily(void) {
  Pace pace = pace_from(now_ns(), INT_MAX);
  for (int i = 0; i < options.connections; i++) keep_window(&connections[i]);
  drive(&pace, options.warm_seconds);
  say_measuring();
  uint64_t begin = now_ns();
  double cpu = own_cpu_seconds();
  drive(&pace, options.seconds);
  report(seconds_since(begin), own_cpu_seconds() - cpu, 0);
}

static int room_size(int room) { return (options.connections - room + options.rooms - 1) / options.rooms; }

static uint64_t deliveries_expected(void) {
  uint64_t expected = 0;
  for (int i = 0; i < options.rooms * options.senders; i++) expected += (uint64_t)room_size(i % options.rooms);
  return expected;
}

/* Every sender says one thing; over when everybody has heard everything of their room. */
static void run_once(void) {
  uint64_t expected = deliveries_expected();
  if (options.rate <= 0) options.rate = 1e9;
  say_measuring();
  uint64_t begin = now_ns();
  Pace pace = pace_from(begin, options.rooms * options.senders);
  double cpu = own_cpu_seconds();
  while (counts.delivered < expected && seconds_since(begin) < options.seconds) {
    say_what_is_due(&pace);
    connections_move(ms_until_due(&pace));
  }
  report(seconds_since(begin), own_cpu_seconds() - cpu, expected);
  measuring = 0;
  latency = (Latency){0};
}

static void hold(void) {
  say_measuring();
  uint64_t begin = now_ns();
  double cpu = own_cpu_seconds();
  move_for(options.seconds);
  report(seconds_since(begin), own_cpu_seconds() - cpu, 0);
}

static void raise_descriptor_limit(void) {
  struct rlimit limit = {1048576, 1048576};
  if (!setrlimit(RLIMIT_NOFILE, &limit)) return;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
  static const Plan plan = {heard, admitted, lost};
  options = options_read(argc, argv);
  raise_descriptor_limit();
  deal_connections();
  connections_begin(&options, &plan);
  open_all();
  move_for(options.settle_ms / 1000.0);
  if (options.prime) run_once();
  if (options.wait) move_until_a_line_comes();
  if (options.hold) hold();
  else if (options.once) run_once();
  else run_steadily();
  return 0;
}
