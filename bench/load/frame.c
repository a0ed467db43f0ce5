#include "frame.h"

static size_t write_header(unsigned char *header, int opcode, size_t length) {
  header[0] = (unsigned char)(0x80 | opcode);
  if (length < 126) {
    header[1] = (unsigned char)(0x80 | length);
    return 2;
  }
  int width = length < 65536 ? 2 : 8;
  header[1] = 0x80 | (width == 2 ? 126 : 127);
  for (int i = 0; i < width; i++) header[2 + i] = (unsigned char)(length >> (8 * (width - 1 - i)));
  return 2 + (size_t)width;
}

void frame_write(Bytes *out, int opcode, const char *payload, size_t length) {
  static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
  unsigned char header[10];
  bytes_append(out, header, write_header(header, opcode, length));
  bytes_append(out, mask, sizeof mask);
  char *to = bytes_reserve(out, length);
  for (size_t i = 0; i < length; i++) to[i] = (char)(payload[i] ^ mask[i & 3]);
  out->length += length;
}

size_t frame_read(const char *from, size_t available, Frame *frame) {
  const unsigned char *header = (const unsigned char *)from;
  if (available < 2) return 0;
  size_t length = header[1] & 127, width = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (available < 2 + width) return 0;
  if (width) length = 0;
  for (size_t i = 0; i < width; i++) length = length << 8 | header[2 + i];
  if (available - 2 - width < length) return 0;
  *frame = (Frame){header[0] & 15, from + 2 + width, length};
  return 2 + width + length;
}
