/** What a token may be allowed to do: never more than its user. */

import type { Role, Scope } from "$lib/api/types";
import { hasRole } from "$lib/routes";

const NEEDED: Record<Scope, Role> = {
  read: "member",
  notify: "member",
  inbox: "operator",
  broadcasts: "operator",
};

export function scopesFor(role: Role | undefined): Scope[] {
  return (Object.keys(NEEDED) as Scope[]).filter((scope) => hasRole(role, NEEDED[scope]));
}
