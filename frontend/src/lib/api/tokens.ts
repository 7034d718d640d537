/** Tokens with which programs act for their user. */

import { api, body } from "./client";
import type { NewToken } from "./types";

export const listTokens = (cursor?: string) =>
  body(api.GET("/api/v1/tokens", { params: { query: { cursor, limit: 30 } } }));
export const makeToken = (token: NewToken) => body(api.POST("/api/v1/tokens", { body: token }));
export const revokeToken = (token_id: number) =>
  body(api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id } } }));
