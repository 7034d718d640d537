/** Light, dark, or as the system says until somebody chooses. */

import { getStored, setStored } from "$lib/storage";

export type Theme = "light" | "dark";

const darkSystem = matchMedia("(prefers-color-scheme: dark)");

class ThemeStore {
  #chosen = $state<Theme | null>(read());
  #systemDark = $state(darkSystem.matches);

  constructor() {
    darkSystem.addEventListener("change", (event) => (this.#systemDark = event.matches));
    this.#apply();
  }

  get current(): Theme {
    return this.#chosen ?? (this.#systemDark ? "dark" : "light");
  }

  toggle(): void {
    this.#chosen = this.current === "dark" ? "light" : "dark";
    setStored("theme", this.#chosen);
    this.#apply();
  }

  #apply(): void {
    // Without a choice the style sheet follows the system by itself, also before this script runs.
    if (this.#chosen) document.documentElement.dataset.theme = this.#chosen;
  }
}

function read(): Theme | null {
  const value = getStored("theme");
  return value === "light" || value === "dark" ? value : null;
}

export const theme = new ThemeStore();
