/** The addresses of the site as data; which page each shows is `App.svelte`'s business. */

import type { Role } from "$lib/api/types";

export type RouteName =
  | "home"
  | "register"
  | "login"
  | "messages"
  | "telegram"
  | "link"
  | "profile"
  | "tokens"
  | "inbox"
  | "inbox-settings"
  | "conversation"
  | "users"
  | "chats"
  | "broadcasts"
  | "compose"
  | "broadcast"
  | "topics"
  | "schedules"
  | "status"
  | "phones"
  | "not-found";

export interface RouteRule {
  name: RouteName;
  pattern: string;
  /** Who may see it: null everyone, "guest" nobody who is logged in, else at least that role. */
  access: null | "guest" | Role;
  sandbox?: boolean;
}

export interface Match extends RouteRule {
  params: Record<string, string>;
}

const RULES: RouteRule[] = [
  { name: "home", pattern: "/", access: "guest" },
  { name: "register", pattern: "/register", access: "guest" },
  { name: "login", pattern: "/login", access: "guest" },
  { name: "messages", pattern: "/messages", access: "member" },
  { name: "telegram", pattern: "/telegram", access: "member" },
  { name: "link", pattern: "/link", access: null },
  { name: "profile", pattern: "/profile", access: "member" },
  { name: "tokens", pattern: "/profile/tokens", access: "member" },
  { name: "inbox", pattern: "/inbox", access: "operator" },
  { name: "inbox-settings", pattern: "/inbox/settings", access: "admin" },
  { name: "conversation", pattern: "/inbox/:id", access: "operator" },
  { name: "users", pattern: "/people", access: "operator" },
  { name: "chats", pattern: "/people/chats", access: "operator" },
  { name: "broadcasts", pattern: "/broadcasts", access: "operator" },
  { name: "compose", pattern: "/broadcasts/new", access: "admin" },
  { name: "broadcast", pattern: "/broadcasts/:id", access: "operator" },
  { name: "topics", pattern: "/topics", access: "admin" },
  { name: "schedules", pattern: "/schedules", access: "admin" },
  { name: "status", pattern: "/status", access: "admin" },
  { name: "phones", pattern: "/phones", access: "member", sandbox: true },
];
const NOT_FOUND: RouteRule = { name: "not-found", pattern: "", access: null };
const RANK: Record<Role, number> = { member: 0, operator: 1, admin: 2 };

/** The first rule that fits; a slash at the end does not matter. */
export function match(path: string): Match {
  const parts = split(path);
  for (const rule of RULES) {
    const params = fit(split(rule.pattern), parts);
    if (params) return { ...rule, params };
  }
  return { ...NOT_FOUND, params: {} };
}

export function hasRole(role: Role | undefined, needed: Role): boolean {
  return role !== undefined && RANK[role] >= RANK[needed];
}

/** Only paths of this site, so that `?next=` cannot lead elsewhere. */
export function safeNext(next: string | null): string | null {
  return next && /^\/(?![/\\])/.test(next) ? next : null;
}

/**
 * Where somebody goes who has just entered by a page for guests: `search` and `hash` are the
 * page's. A code of the bot (`#link=CODE`) is to be confirmed; a registration has used it already.
 */
export function afterEntry(name: RouteName, search: string, hash: string): string {
  const code = new URLSearchParams(hash.slice(1)).get("link");
  if (code) return name === "register" ? "/telegram" : `/link#${encodeURIComponent(code)}`;
  return safeNext(new URLSearchParams(search).get("next")) ?? "/messages";
}

function split(path: string): string[] {
  return path.split("/").filter(Boolean);
}

function fit(pattern: string[], parts: string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index]!;
    if (wanted.startsWith(":")) params[wanted.slice(1)] = part;
    else if (wanted !== part) return null;
  }
  return params;
}
