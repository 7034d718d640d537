/** Who is logged in. The cookie is the server's; here is only what it says about it. */

import * as account from "$lib/api/account";
import { useCsrfToken, whenUnauthorized } from "$lib/api/client";
import type { Session, TelegramEntry, User } from "$lib/api/types";
import { i18n } from "$lib/i18n/index.svelte";

class SessionStore {
  user = $state<User | null>(null);

  constructor() {
    // The session ended elsewhere (another tab, a changed password): the next write
    // fetches the token of the new, empty session.
    whenUnauthorized(() => {
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

  /** By what Telegram says of whoever opened the Mini App; a code where no account is theirs. */
  async enterByMiniApp(initData: string): Promise<TelegramEntry> {
    const entry = await account.enterByMiniApp(initData);
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
    if (session.user) i18n.use(session.user.language);
  }
}

export const session = new SessionStore();
