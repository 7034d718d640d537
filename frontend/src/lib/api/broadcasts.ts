/** Broadcasts and what became of each of their deliveries. */

import { get, getIfChanged, post } from "./client";
import type { Broadcast, BroadcastDraft, Delivery, DeliveryState, Page, Preview } from "./types";

export type BroadcastAction = "pause" | "resume" | "cancel";

export const listBroadcasts = (cursor: string | null) =>
  get<Page<Broadcast>>("/broadcasts", { query: { cursor, limit: 20 } });

export const previewBroadcast = (draft: BroadcastDraft, signal?: AbortSignal) =>
  post<Preview>("/broadcasts/preview", draft, { signal });

/** The same key gives the first broadcast again, so a repeated press sends nothing twice. */
export const sendBroadcast = (draft: BroadcastDraft, key: string) =>
  post<Broadcast>("/broadcasts", draft, { headers: { "Idempotency-Key": key } });

export const pollBroadcast = (id: string, etag: string | null, signal?: AbortSignal) =>
  getIfChanged<Broadcast>(`/broadcasts/${id}`, etag, signal);

export const actOnBroadcast = (id: number, action: BroadcastAction) =>
  post<Broadcast>(`/broadcasts/${id}/${action}`);

export const listDeliveries = (id: number, state: DeliveryState | "", cursor: string | null) =>
  get<Page<Delivery>>(`/broadcasts/${id}/deliveries`, { query: { state, cursor, limit: 50 } });

export const reportAddress = (id: number) => `/api/v1/broadcasts/${id}/report.csv`;
