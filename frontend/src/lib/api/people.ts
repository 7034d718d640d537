/** Users and chats, for operators and admins. */

import { api, body } from "./client";
import type { ChatFilter, ChatQuery, Role } from "./types";

const PAGE = 30;

export const listUsers = (q: string, cursor?: string, limit = PAGE) =>
  body(api.GET("/api/v1/users", { params: { query: { q: q || undefined, cursor, limit } } }));

export const updateUser = (user_id: number, changes: { role?: Role; disabled?: boolean }) =>
  body(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id } }, body: changes }));

export const listChats = (filter: ChatFilter, cursor?: string, limit = PAGE) =>
  body(
    api.GET("/api/v1/chats", { params: { query: { ...(filter as ChatQuery), cursor, limit } } }),
  );

/** Whether a group or channel may be a destination. */
export const approveChat = (chat_id: number, approved: boolean) =>
  body(api.PATCH("/api/v1/chats/{chat_id}", { params: { path: { chat_id } }, body: { approved } }));
