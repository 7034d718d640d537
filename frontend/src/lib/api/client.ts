/** The one place that talks to the server: the session's cookie, the CSRF token, errors. */

import { Problem, problemOf } from "./problem";
import type { Session } from "./types";

const BASE = "/api/v1";

export type Query = Record<string, string | number | null | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

let csrfToken: string | null = null;
let onUnauthorized: () => void = () => {};

/** Called by whoever learns a new token: a session's token changes at log-in and log-out. */
export function useCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** `react` runs when the server no longer knows who is asking. */
export function whenUnauthorized(react: () => void): void {
  onUnauthorized = react;
}

export const get = <T>(path: string, options?: Options) => call<T>("GET", path, options);
export const post = <T>(path: string, body?: unknown, options?: Options) =>
  call<T>("POST", path, { ...options, body: body ?? {} });
export const patch = <T>(path: string, body: unknown) => call<T>("PATCH", path, { body });
export const del = <T>(path: string) => call<T>("DELETE", path);

/** The value and its ETag, or null when it is still the one `etag` names. */
export async function getIfChanged<T>(
  path: string,
  etag: string | null,
  signal?: AbortSignal,
): Promise<{ value: T; etag: string | null } | null> {
  const headers: Record<string, string> = etag ? { "If-None-Match": etag } : {};
  const response = await send("GET", path, { headers, signal });
  if (response.status === 304) return null;
  return { value: await read<T>(response), etag: response.headers.get("ETag") };
}

/** Raises Problem for every answer but a success. */
async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  if (method !== "GET" && csrfToken === null) {
    csrfToken = (await get<Session>("/session")).csrf_token;
  }
  return read<T>(await send(method, path, options));
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (method !== "GET" && csrfToken) headers["X-CSRF-Token"] = csrfToken;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(BASE + path + queryString(options.query), {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      credentials: "same-origin",
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "");
  }
}

async function read<T>(response: Response): Promise<T> {
  if (response.ok) {
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
  const problem = await problemOf(response);
  if (problem.status === 401) onUnauthorized();
  throw problem;
}

export function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}
