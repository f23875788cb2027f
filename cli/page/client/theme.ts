/** Light or dark: what the system says, or what somebody chose here, which is remembered. */

const KEY = "rserpool-theme";

/** How it looks. */
export type Theme = "light" | "dark";

/** Applies what is remembered; before anything is drawn, so that nothing flashes. */
export function rememberTheme(): void {
  const chosen = remembered();
  if (chosen !== undefined) document.documentElement.dataset.theme = chosen;
}

/** How it looks now. */
export function currentTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  if (theme === "light" || theme === "dark") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Looks the other way from now on, here and at the next visit. */
export function switchTheme(): void {
  const next = currentTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch { // A browser may be told to remember nothing: then it holds until it is reloaded.
  }
  labelTheme();
}

/** The button says what it leads to. */
export function labelTheme(): void {
  const button = document.getElementById("theme");
  if (button !== null) button.textContent = currentTheme() === "dark" ? "Light" : "Dark";
}

function remembered(): Theme | undefined {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : undefined;
  } catch {
    return undefined;
  }
}
