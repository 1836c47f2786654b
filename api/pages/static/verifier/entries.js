// The byte strings that are hashed and signed. FORMAT.md sections 4 and 6.

import { concat, sha256, u64, utf8 } from "./bytes.js";

export const registryId = (chainId, contract) => sha256(utf8("credanchor-regi1"), u64(chainId), contract);

export const leafPrefix = (registry, batch, index, size, dJcs) =>
  concat(utf8("credanchor-leaf1"), registry, u64(batch), u64(index), u64(size), dJcs); // 104 bytes

export const batchEntry = (registry, batch, size, keyId, root) =>
  concat(utf8("credanchor-batc1"), registry, u64(batch), u64(size), keyId, root); // 128 bytes

export const listEntry = async (registry, list, version, digest) =>
  concat(utf8("credanchor-list1"), registry, await sha256(utf8(list)), u64(version), digest); // 120 bytes

export const statusEntry = (registry, anchor, root) => concat(utf8("credanchor-stat1"), registry, u64(anchor), root); // 88
