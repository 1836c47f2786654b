// RLP, the encoding of headers and trie nodes, read in one way only: what has a shorter encoding, or bytes behind its end, is
// refused with BadRlp. An item is a Uint8Array or an array of items. anchor/bundle/rlp.py is the same.

const MAX_DEPTH = 8; // lists inside each other
const SHORT = 55; // longest payload whose length fits the first byte

export class BadRlp extends Error {}

export function decode(data) {
  const [item, end] = read(data, 0, data.length, MAX_DEPTH);
  if (end !== data.length) throw new BadRlp();
  return item;
}

export const isBytes = (item) => item instanceof Uint8Array;

// The bytes of a number without leading zeros.
export function numberBytes(item, most) {
  if (!isBytes(item) || item.length > most || item[0] === 0) throw new BadRlp();
  return item;
}

// Length of the encoding of an item.
export function encodedLength(item) {
  if (isBytes(item) && item.length === 1 && item[0] < 0x80) return 1;
  const length = isBytes(item) ? item.length : item.reduce((sum, inner) => sum + encodedLength(inner), 0);
  return 1 + (length > SHORT ? Math.ceil(length.toString(16).length / 2) : 0) + length;
}

function read(data, start, limit, depth) {
  if (start >= limit) throw new BadRlp();
  const first = data[start];
  if (first < 0x80) return [data.subarray(start, start + 1), start + 1];
  const base = first < 0xc0 ? 0x80 : 0xc0;
  let begin = start + 1;
  let length = first - base;
  if (length > SHORT) {
    begin += length - SHORT;
    const size = data.subarray(start + 1, Math.min(begin, limit));
    length = size.reduce((sum, byte) => sum * 256 + byte, 0);
    if (size[0] === 0 || length <= SHORT) throw new BadRlp();
  }
  const end = begin + length;
  if (end > limit) throw new BadRlp();
  if (base === 0x80) {
    if (length === 1 && data[begin] < 0x80) throw new BadRlp();
    return [data.subarray(begin, end), end];
  }
  if (depth === 0) throw new BadRlp();
  const items = [];
  for (let place = begin; place < end; ) {
    const [item, after] = read(data, place, end, depth - 1);
    items.push(item);
    place = after;
  }
  return [items, end];
}
