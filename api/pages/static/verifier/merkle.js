// (4) Trees in the shape of RFC 9162, section 2.1.1. FORMAT.md section 4.

import { Flaw, sha256 } from "./bytes.js";

// On which side each sibling stands, and so the only length that the path of this place may have.
export function directions(index, size) {
  if (!(index >= 0 && index < size)) throw new Flaw("inclusion.index", { index, size });
  let place = BigInt(index); // places go beyond the 32 bits that bit operations on numbers have
  const sides = [];
  for (let rest = place ^ BigInt(size - 1); rest; rest >>= 1n, place >>= 1n) sides.push(place & 1n ? "left" : "right");
  for (; place; place >>= 1n) if (place & 1n) sides.push("left");
  return sides;
}

export async function rootFromPath(leaf, index, size, path) {
  const sides = directions(index, size);
  if (path.length !== sides.length) throw new Flaw("inclusion.path-length", { found: path.length, expected: sides.length });
  let node = leaf;
  for (const [level, sibling] of path.entries()) {
    if (sibling.length !== 32) throw new Flaw("inclusion.hash-length", { found: sibling.length });
    node = await (sides[level] === "left" ? sha256(sibling, node) : sha256(node, sibling));
  }
  return node;
}
