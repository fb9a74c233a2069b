// The theme the person chose: light, dark, or what the system says. Loaded in the head, so nothing flashes.
(() => {
  const KEY = "theme";
  const ORDER = ["system", "light", "dark"];
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system";
    }
  };

  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      const words = button.querySelector("[data-theme-words]");
      if (words) words.textContent = `Theme: ${theme}`;
    }
  };

  show(stored());
  document.addEventListener("DOMContentLoaded", () => show(stored()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = ORDER[(ORDER.indexOf(stored()) + 1) % ORDER.length];
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A private window may refuse to store; the choice then lasts as long as the page.
    }
    show(next);
  });
})();
