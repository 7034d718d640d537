/** What the browser stores for this site; absent or full storage (private windows) is no reason to fail. */

export function getStored(
  name: string,
  storage: () => Storage = () => localStorage,
): string | null {
  try {
    return storage().getItem(name);
  } catch {
    return null;
  }
}

export function setStored(
  name: string,
  value: string | null,
  storage: () => Storage = () => localStorage,
): void {
  try {
    if (value === null) storage().removeItem(name);
    else storage().setItem(name, value);
  } catch {
    // Forgotten at the next visit; nothing else is lost.
  }
}

/** The storage of this tab alone. */
export const thisTab = () => sessionStorage;
