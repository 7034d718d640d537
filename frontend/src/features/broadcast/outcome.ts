/** What the ledger's counters say, as pure functions. */

import type { Broadcast, BroadcastEvent, BroadcastStatus, DeliveryState } from "$lib/api/types";

export const STATES: DeliveryState[] = [
  "sent",
  "failed",
  "unknown",
  "skipped",
  "sending",
  "pending",
];

const MOVING: BroadcastStatus[] = ["scheduled", "running"];
const OVER: BroadcastStatus[] = ["done", "cancelled"];

/** Recipients whose outcome is known and final; not those whom the bot may not write to. */
export function settled(broadcast: Broadcast): number {
  return broadcast.recipients - broadcast.pending - broadcast.sending;
}

/** Whether its numbers can change without anybody doing anything. */
export function moves(broadcast: Broadcast): boolean {
  return MOVING.includes(broadcast.status) || broadcast.sending > 0;
}

export function isOver(broadcast: Broadcast): boolean {
  return OVER.includes(broadcast.status);
}

/** Seconds until the rest is sent at the present rate; null while there is none to go by. */
export function secondsLeft(broadcast: Broadcast): number | null {
  const left = broadcast.pending + broadcast.sending;
  if (broadcast.status !== "running" || !broadcast.rate || left === 0) return null;
  if (broadcast.canary?.waiting) return null; // the rest is not sent meanwhile
  return left / broadcast.rate;
}

/** Reasons, the most frequent first. */
export function sortedReasons(reasons: Record<string, number>): [string, number][] {
  return Object.entries(reasons).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** How the canary went, or that it waits to be judged. */
export function canaryOf(
  broadcast: Broadcast,
  events: BroadcastEvent[],
): "waiting" | "passed" | "failed" | null {
  if (broadcast.canary?.waiting) return "waiting";
  const last = events.findLast(({ action }) => action.startsWith("canary_"))?.action;
  if (last === undefined) return null;
  return last === "canary_passed" ? "passed" : "failed";
}
