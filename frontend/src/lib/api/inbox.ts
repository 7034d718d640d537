/** What people write to the bot, and the answers of operators. */

import { api, body } from "./client";
import type { InboxSettings, ThreadChanges, ThreadMessage } from "./types";
import { upload, type Progress } from "./upload";

export interface ThreadFilter {
  status: "open" | "closed" | "all";
  /** `me`, `none`, or the id of an operator. */
  assigned?: string;
  label?: string;
  q?: string;
}

const at = (chat_id: number) => ({ params: { path: { chat_id } } });

export const listThreads = (
  filter: ThreadFilter,
  limit: number,
  cursor?: string,
  signal?: AbortSignal,
) => body(api.GET("/api/v1/inbox", { params: { query: { ...filter, limit, cursor } }, signal }));

export const getThread = (chat_id: number, signal?: AbortSignal) =>
  body(api.GET("/api/v1/inbox/{chat_id}", { ...at(chat_id), signal }));

/** Newest first. */
export const listThreadMessages = (
  chat_id: number,
  limit: number,
  cursor?: string,
  signal?: AbortSignal,
) =>
  body(
    api.GET("/api/v1/inbox/{chat_id}/messages", {
      params: { path: { chat_id }, query: { limit, cursor } },
      signal,
    }),
  );

/** The same key gives the first answer again, so a repeated press sends nothing twice. */
export const sendReply = (chat_id: number, text: string, key: string) =>
  body(
    api.POST("/api/v1/inbox/{chat_id}/reply", {
      params: { path: { chat_id }, header: { "Idempotency-Key": key } },
      body: { text, format: "plain" },
    }),
  );

/** As `sendReply`, with a file. */
export function sendFile(
  chat_id: number,
  file: File,
  caption: string,
  key: string,
  progress: Progress,
): Promise<ThreadMessage> {
  const form = new FormData();
  if (caption) form.set("caption", caption);
  form.set("file", file, file.name);
  return upload<ThreadMessage>(`/api/v1/inbox/${chat_id}/files`, form, progress, key);
}

export const changeThread = (chat_id: number, changes: ThreadChanges) =>
  body(api.PATCH("/api/v1/inbox/{chat_id}", { ...at(chat_id), body: changes }));
export const markRead = (chat_id: number) =>
  body(api.POST("/api/v1/inbox/{chat_id}/read", at(chat_id)));

export const addNote = (chat_id: number, text: string) =>
  body(api.POST("/api/v1/inbox/{chat_id}/notes", { ...at(chat_id), body: { text } }));
export const deleteNote = (chat_id: number, note_id: number) =>
  body(
    api.DELETE("/api/v1/inbox/{chat_id}/notes/{note_id}", {
      params: { path: { chat_id, note_id } },
    }),
  );

export const listOperators = () => body(api.GET("/api/v1/inbox/operators"));
export const getInboxSettings = () => body(api.GET("/api/v1/inbox/settings"));
export const putInboxSettings = (settings: InboxSettings) =>
  body(api.PUT("/api/v1/inbox/settings", { body: settings }));
