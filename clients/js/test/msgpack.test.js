// What encode and decode make of values and bytes. tests/clients/test_msgpack.py holds them against the msgpack library of Python.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../rooms.js";

const values = [
  null, true, false, 0, 1, -1, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -32, -33, -128, -129, -32768, -32769,
  -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53) + 1, 0.5, -1.25e300, "", "a", "ä€😀", "x".repeat(31), "x".repeat(32), "x".repeat(255), "x".repeat(256),
  "x".repeat(65536), [], [1, [2, [3]]], Array.from({ length: 16 }, (_, i) => i), Array.from({ length: 70000 }, () => 0), {}, { a: { b: [null] } },
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i])),
];

test("what is encoded is decoded again", () => {
  for (const value of values) assert.deepEqual(decode(encode(value)), value);
});

test("what is undefined in an object is left out, as in JSON", () => {
  assert.deepEqual(decode(encode({ a: undefined, b: 1 })), { b: 1 });
});

test("bytes that end early, go on, or say what JSON cannot are refused", () => {
  for (const bytes of [[], [0x81], [0x92, 1], [0xd9], [0xd9, 5, 65], [0xc0, 0xc0], [0xc4, 1, 0], [0xc7, 0, 0], [0xd4, 0, 0], [0xc1], [0xdd, 255, 255, 255, 255],
    [0xcf, 255, 255, 255, 255, 255, 255, 255, 255], [0x81, 1, 1], [0xa1, 0xff]]) {
    assert.throws(() => decode(Uint8Array.from(bytes)), undefined, String(bytes));
  }
});

test("what is nested too deeply is refused, not a stack that overflows", () => {
  assert.throws(() => decode(new Uint8Array(100_000).fill(0x91)), RangeError);
});

test("a key called __proto__ is a key", () => {
  const value = decode(encode(JSON.parse('{"__proto__": {"polluted": true}}')));
  assert.equal({}.polluted, undefined);
  assert.deepEqual(Object.keys(value), ["__proto__"]);
});

test("values without a form are refused", () => {
  for (const value of [NaN, Infinity, () => 0, 1n]) assert.throws(() => encode(value), TypeError);
});
