/* A histogram of durations in nanoseconds whose slots grow with the value: never more than 0.8 % wrong, always 60 KB. */
#pragma once
#include <stdint.h>

#define LATENCY_SLOTS 7680

typedef struct {
  uint64_t count;
  uint64_t slots[LATENCY_SLOTS];
} Latency;

void latency_add(Latency *latency, uint64_t ns);

/* The duration in microseconds below which the share q (0 to 1) of all durations lies; 0 if there are none. */
double latency_quantile_us(const Latency *latency, double q);
