/** The browser's history as state: `router.path` follows it, plain links go through it. */

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  hash = $state(location.hash);

  /** Call once; returns the function that stops listening. */
  listen(): () => void {
    const follow = () => this.#follow();
    const click = (event: MouseEvent) => this.#click(event);
    addEventListener("popstate", follow);
    addEventListener("hashchange", follow);
    document.addEventListener("click", click);
    return () => {
      removeEventListener("popstate", follow);
      removeEventListener("hashchange", follow);
      document.removeEventListener("click", click);
    };
  }

  go(address: string, options: { replace?: boolean } = {}): void {
    history[options.replace ? "replaceState" : "pushState"](null, "", address);
    this.#follow();
    // As the browser does for a new page; a replaced address is still the same page.
    if (!options.replace) scrollTo(0, 0);
  }

  /** Reads the fragment as `a=1&b=2`. */
  get fragment(): URLSearchParams {
    return new URLSearchParams(this.hash.slice(1));
  }

  #follow(): void {
    this.path = location.pathname;
    this.search = location.search;
    this.hash = location.hash;
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    // With a key or another button held the browser opens a tab or saves: that stays its own.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest("a");
    if (!link || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
    const onlyFragment = link.pathname === location.pathname && link.search === location.search;
    if (onlyFragment && link.hash) return; // the browser's own jump, as for the skip link
    event.preventDefault();
    this.go(link.pathname + link.search + link.hash);
  }
}

export const router = new Router();
