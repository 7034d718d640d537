/** Broadcasts that are sent again and again. */

import { api, body } from "./client";
import type { NewSchedule } from "./types";

const at = (schedule_id: number) => ({ params: { path: { schedule_id } } });

export const listSchedules = (cursor?: string) =>
  body(api.GET("/api/v1/schedules", { params: { query: { cursor, limit: 30 } } }));
export const addSchedule = (schedule: NewSchedule) =>
  body(api.POST("/api/v1/schedules", { body: schedule }));
export const enableSchedule = (id: number, enabled: boolean) =>
  body(api.PATCH("/api/v1/schedules/{schedule_id}", { ...at(id), body: { enabled } }));
export const deleteSchedule = (id: number) =>
  body(api.DELETE("/api/v1/schedules/{schedule_id}", at(id)));
