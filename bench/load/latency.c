#include "latency.h"

/* Seven bits after the leading one: 128 slots for each doubling. Values below 256 have a slot of their own. */
static int slot_of(uint64_t ns) {
  if (ns < 256) return (int)ns;
  int shift = 63 - __builtin_clzll(ns) - 7;
  return shift * 128 + (int)(ns >> shift);
}

static double middle_of(int slot) {
  if (slot < 256) return slot;
  int shift = slot / 128 - 1;
  uint64_t low = (uint64_t)(128 + slot % 128) << shift;
  return (double)low + (double)(1ull << shift) / 2;
}

void latency_add(Latency *latency, uint64_t ns) {
  latency->count++;
  latency->slots[slot_of(ns)]++;
}

double latency_quantile_us(const Latency *latency, double q) {
  uint64_t seen = 0;
  for (int slot = 0; slot < LATENCY_SLOTS; slot++) {
    seen += latency->slots[slot];
    if (seen && (double)seen >= q * (double)latency->count) return middle_of(slot) / 1000;
  }
  return 0;
}
