/** Users and chats, for operators and admins. */

import { get, patch } from "./client";
import type { Chat, Page, Role, User } from "./types";

export interface ChatFilter {
  q?: string;
  status?: string;
  linked?: string;
}

export const listUsers = (q: string, cursor: string | null, limit = 30, signal?: AbortSignal) =>
  get<Page<User>>("/users", { query: { q, cursor, limit }, signal });
export const updateUser = (id: number, body: { role?: Role; disabled?: boolean }) =>
  patch<User>(`/users/${id}`, body);
export const listChats = (
  filter: ChatFilter,
  cursor: string | null,
  limit = 30,
  signal?: AbortSignal,
) => get<Page<Chat>>("/chats", { query: { ...filter, cursor, limit }, signal });
