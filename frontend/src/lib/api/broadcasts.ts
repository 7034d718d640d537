/** Broadcasts and what became of each of their deliveries. */

import { api, body } from "./client";
import type { Broadcast, BroadcastDraft, BroadcastOrder, DeliveryState, Page } from "./types";

export type BroadcastAction = "pause" | "resume" | "cancel";

const at = (broadcast_id: number) => ({ params: { path: { broadcast_id } } });

export const listBroadcasts = (cursor?: string) =>
  body(api.GET("/api/v1/broadcasts", { params: { query: { cursor, limit: 20 } } })) as Promise<
    Page<Broadcast>
  >;

export const previewBroadcast = (draft: BroadcastDraft, signal?: AbortSignal) =>
  body(api.POST("/api/v1/broadcasts/preview", { body: draft, signal }));

/** A dry run: nothing is sent. */
export const planBroadcast = (draft: BroadcastDraft) =>
  body(api.POST("/api/v1/broadcasts/plan", { body: draft }));

/** The same key gives the first broadcast again, so a repeated press sends nothing twice. */
export const sendBroadcast = (order: BroadcastOrder, key: string) =>
  body(
    api.POST("/api/v1/broadcasts", {
      body: order,
      params: { header: { "Idempotency-Key": key } },
    }),
  ) as Promise<Broadcast>;

/** The broadcast and its ETag, or null when it is still the one that `etag` names. */
export async function pollBroadcast(id: number, etag: string | null, signal?: AbortSignal) {
  const headers: Record<string, string> = etag ? { "If-None-Match": etag } : {};
  const answer = await api.GET("/api/v1/broadcasts/{broadcast_id}", { ...at(id), headers, signal });
  if (answer.response.status === 304) return null;
  return { value: answer.data as Broadcast, etag: answer.response.headers.get("ETag") };
}

export const actOnBroadcast = (id: number, action: BroadcastAction) =>
  body(api.POST(`/api/v1/broadcasts/{broadcast_id}/${action}`, at(id))) as Promise<Broadcast>;

export const listDeliveries = (broadcast_id: number, state?: DeliveryState, cursor?: string) =>
  body(
    api.GET("/api/v1/broadcasts/{broadcast_id}/deliveries", {
      params: { path: { broadcast_id }, query: { state, cursor, limit: 50 } },
    }),
  );

export const reportAddress = (id: number) => `/api/v1/broadcasts/${id}/report.csv`;
