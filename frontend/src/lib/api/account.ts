/** Who is asking: sessions, the own account, the own Telegram. */

import { del, get, patch, post } from "./client";
import type {
  InboxMessage,
  Language,
  LinkOffer,
  Page,
  Session,
  Site,
  TelegramState,
  User,
} from "./types";

export interface Registration {
  email: string;
  password: string;
  name: string;
  language: Language;
}

export const getSite = () => get<Site>("/site");
export const getSession = () => get<Session>("/session");
export const register = (body: Registration) => post<Session>("/auth/register", body);
export const login = (email: string, password: string) =>
  post<Session>("/auth/login", { email, password });
export const logout = () => post<void>("/auth/logout");

export const updateMe = (body: { name?: string; language?: Language }) =>
  patch<User>("/users/me", body);
export const changePassword = (current_password: string, new_password: string) =>
  post<void>("/users/me/password", { current_password, new_password });

export const getTelegram = (signal?: AbortSignal) =>
  get<TelegramState>("/users/me/telegram", { signal });
export const offerLink = () => post<LinkOffer>("/users/me/telegram/link");
export const claimLink = (code: string) => post<User>("/users/me/telegram/claim", { code });
export const unlink = () => del<void>("/users/me/telegram");

export const listMessages = (cursor: string | null) =>
  get<Page<InboxMessage>>("/messages", { query: { cursor, limit: 20 } });
