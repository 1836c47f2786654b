// Texts from a file as they may be shown; registry/verify/document.py has the same rule.

export const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu; // controls, direction marks, what has no shape
const MAX_LINE = 120;

// The first code points of a text; a pair of surrogates is one, and is not cut.
export const first = (text, most) => [...text.slice(0, 2 * most)].slice(0, most).join("");

// One line of at most so many code points, without controls or direction marks; empty for what is no text.
export function shown(value, most = MAX_LINE) {
  const kept = typeof value === "string" ? first(value, 4 * most).replace(HIDDEN, " ").split(/\s+/u).join(" ").trim() : "";
  return [...kept].length <= most ? kept : `${[...kept].slice(0, most - 1).join("")}…`;
}
