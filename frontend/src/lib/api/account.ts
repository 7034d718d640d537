/** Who is asking: sessions, the own account, the own Telegram. */

import type { Proof } from "$lib/proof";

import { api, body } from "./client";
import type { Language } from "./types";

export interface Registration {
  email: string;
  password: string;
  name: string;
  language: Language;
  /** Of a link that the bot gave: the new account is linked to that Telegram at once. */
  code?: string;
}

export const getSite = () => body(api.GET("/api/v1/site"));
export const getSession = () => body(api.GET("/api/v1/session"));
export const register = (registration: Registration) =>
  body(api.POST("/api/v1/auth/register", { body: registration }));
export const login = (email: string, password: string) =>
  body(api.POST("/api/v1/auth/login", { body: { email, password } }));
export const logout = () => body(api.POST("/api/v1/auth/logout"));

export const updateMe = (changes: { name?: string; language?: Language }) =>
  body(api.PATCH("/api/v1/users/me", { body: changes }));
export const changePassword = (current_password: string, new_password: string) =>
  body(api.POST("/api/v1/users/me/password", { body: { current_password, new_password } }));

export const getTelegram = (signal?: AbortSignal) =>
  body(api.GET("/api/v1/users/me/telegram", { signal }));
export const offerLink = () => body(api.POST("/api/v1/users/me/telegram/link"));
export const claimLink = (code: string) =>
  body(api.POST("/api/v1/users/me/telegram/claim", { body: { code } }));
/** Whom a code of the bot would link; anybody who has the code may ask. */
export const previewLink = (code: string, signal?: AbortSignal) =>
  body(api.POST("/api/v1/users/me/telegram/claim/preview", { body: { code }, signal }));
export const enterByTelegram = (proof: Proof) =>
  "widget" in proof
    ? body(api.POST("/api/v1/auth/telegram/widget", { body: proof.widget }))
    : body(api.POST("/api/v1/auth/telegram/miniapp", { body: { init_data: proof.initData } }));
export const unlink = () => body(api.DELETE("/api/v1/users/me/telegram"));

export const listMessages = (cursor?: string) =>
  body(api.GET("/api/v1/messages", { params: { query: { cursor, limit: 20 } } }));
