/** Who is logged in. The cookie is the server's; here is only what it says about it. */

import * as account from "$lib/api/account";
import { useCsrfToken, whenUnauthorized } from "$lib/api/client";
import type { Session, TelegramEntry, User } from "$lib/api/types";
import { i18n } from "$lib/i18n/index.svelte";
import type { Proof } from "$lib/proof";

class SessionStore {
  user = $state<User | null>(null);
  /** It was there and is over, and nobody logged out here. */
  ended = $state(false);

  constructor() {
    // The session ended elsewhere (another tab, a changed password): the next write
    // fetches the token of the new, empty session.
    whenUnauthorized(() => {
      if (this.user) this.ended = true;
      this.user = null;
      useCsrfToken(null);
    });
  }

  async load(): Promise<void> {
    this.#take(await account.getSession());
  }

  async register(registration: account.Registration): Promise<void> {
    this.#take(await account.register(registration));
  }

  async login(email: string, password: string): Promise<void> {
    this.#take(await account.login(email, password));
  }

  /** By what Telegram says of the visitor; a code where no account is theirs. */
  async enterByTelegram(proof: Proof): Promise<TelegramEntry> {
    const entry = await account.enterByTelegram(proof);
    if (entry.session) this.#take(entry.session);
    return entry;
  }

  async logout(): Promise<void> {
    await account.logout();
    this.user = null;
    useCsrfToken(null);
  }

  setUser(user: User): void {
    this.user = user;
    i18n.use(user.language);
  }

  #take(session: Session): void {
    useCsrfToken(session.csrf_token);
    this.user = session.user;
    this.ended = session.ended;
    if (session.user) i18n.use(session.user.language);
  }
}

export const session = new SessionStore();
