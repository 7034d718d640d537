/** Decisions about a broadcast that is on its way or delivered, and its statistics. */

import { api, body } from "./client";
import type { Broadcast, Changed, Edit, Statistics } from "./types";

export type Retried = "failed" | "unknown";

const at = (broadcast_id: number) => ({ params: { path: { broadcast_id } } });

/** Sends again to those whose state is `which`. */
export const retryBroadcast = (id: number, which: Retried) =>
  body(
    api.POST("/api/v1/broadcasts/{broadcast_id}/retry", { ...at(id), body: { which } }),
  ) as Promise<{ broadcast: Broadcast; count: number }>;

/** The options stay as they are. */
export const editBroadcast = (id: number, said: Omit<Edit, "options">) =>
  body(
    api.POST("/api/v1/broadcasts/{broadcast_id}/edit", { ...at(id), body: said }),
  ) as Promise<Changed>;

export const getRecallable = (id: number) =>
  body(api.GET("/api/v1/broadcasts/{broadcast_id}/recall", at(id)));

export const recallBroadcast = (id: number) =>
  body(api.POST("/api/v1/broadcasts/{broadcast_id}/recall", at(id))) as Promise<Changed>;

export const listOperations = (id: number, signal?: AbortSignal) =>
  body(api.GET("/api/v1/broadcasts/{broadcast_id}/operations", { ...at(id), signal }));

export type OperationAction = "pause" | "resume" | "cancel";

export const actOnOperation = (id: number, operation_id: number, action: OperationAction) =>
  body(
    api.POST(`/api/v1/broadcasts/{broadcast_id}/operations/{operation_id}/${action}`, {
      params: { path: { broadcast_id: id, operation_id } },
    }),
  );

export const listEvents = (id: number, signal?: AbortSignal) =>
  body(api.GET("/api/v1/broadcasts/{broadcast_id}/events", { ...at(id), signal }));

export const getStatistics = (id: number, signal?: AbortSignal): Promise<Statistics> =>
  body(api.GET("/api/v1/broadcasts/{broadcast_id}/numbers", { ...at(id), signal }));
