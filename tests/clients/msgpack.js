// Reads a line of JSON: {values: [...], packed: [hex, ...]}. Writes one: {packed: [hex of each value], values: [value in each hex]}.

import { decode, encode } from "../../clients/js/rooms.js";

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { values, packed } = JSON.parse(input);
const hex = (bytes) => Buffer.from(bytes).toString("hex");
console.log(JSON.stringify({ packed: values.map((value) => hex(encode(value))), values: packed.map((text) => decode(Uint8Array.from(Buffer.from(text, "hex")))) }));
