/** Positions in a text. The server counts code points, the browser UTF-16 units. */

import type { Fault } from "$lib/api/types";

/** The UTF-16 index of a code point; past the end gives the end. */
export function unitIndex(text: string, codePoints: number): number {
  let units = 0;
  let left = codePoints;
  for (const character of text) {
    if (left-- <= 0) break;
    units += character.length;
  }
  return units;
}

export interface Piece {
  text: string;
  /** Index of the fault this piece marks, or null. */
  fault: number | null;
}

/** Cuts a text so that each fault's character stands alone and can be marked. */
export function markFaults(text: string, faults: Fault[]): Piece[] {
  const starts = new Map<number, number>();
  for (const [index, fault] of faults.entries()) {
    if (typeof fault.offset === "number") {
      const at = unitIndex(text, fault.offset);
      if (!starts.has(at)) starts.set(at, index);
    }
  }
  const pieces: Piece[] = [];
  let done = 0;
  for (const at of [...starts.keys()].sort((a, b) => a - b)) {
    const end = at + markLength(text, at);
    // Two faults in one tag: the first one marks it whole.
    if (at < done) continue;
    if (at > done) pieces.push({ text: text.slice(done, at), fault: null });
    pieces.push({ text: text.slice(at, end), fault: starts.get(at)! });
    done = end;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), fault: null });
  return pieces;
}

/** A whole tag or entity where one begins, else one character. */
export function markLength(text: string, at: number): number {
  const whole = /^(<[^<>\n]*>?|&[#\w]*;?)/.exec(text.slice(at));
  if (whole) return whole[0].length;
  const point = text.codePointAt(at);
  return point === undefined ? 0 : String.fromCodePoint(point).length;
}
