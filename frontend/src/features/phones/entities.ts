/** Telegram's message entities as a tree, so that a phone shows rich text without trusting HTML. */

import type { Entity } from "$lib/api/types";

export interface TextNode {
  kind: "text";
  text: string;
}

export interface EntityNode {
  kind: "entity";
  entity: Entity;
  children: RichNode[];
}

export type RichNode = TextNode | EntityNode;

/** Offsets count UTF-16 units, as JavaScript's strings do. Entities nest or stand apart. */
export function richText(text: string, entities: Entity[]): RichNode[] {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, sorted, 0, text.length);
}

/** Takes from the front of `queue` what lies within [start, end). */
function build(text: string, queue: Entity[], start: number, end: number): RichNode[] {
  const nodes: RichNode[] = [];
  let at = start;
  while (queue.length > 0 && queue[0]!.offset < end) {
    const entity = queue.shift()!;
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (to <= from) continue;
    if (from > at) nodes.push({ kind: "text", text: text.slice(at, from) });
    nodes.push({ kind: "entity", entity, children: build(text, queue, from, to) });
    at = to;
  }
  if (at < end) nodes.push({ kind: "text", text: text.slice(at, end) });
  return nodes;
}

/** Only addresses a browser may follow; anything else is shown as text. */
export function safeAddress(address: string): string | null {
  return /^(https?:|mailto:|tel:|tg:)/i.test(address) ? address : null;
}
