// Copy buttons: [data-copy="text"] around a button, or [data-copy-from] around an element [data-copy-text].
(() => {
  const announce = (words) => {
    const place = document.getElementById("announcer");
    if (place) place.textContent = words;
  };

  const ready = (root) => {
    for (const button of root.querySelectorAll("[data-copy-button]")) button.hidden = false;
  };

  // Where the Clipboard API is missing (plain HTTP in a network), the text is selected and copied the old way.
  const copyBySelection = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-button]");
    if (!button) return;
    const holder = button.closest("[data-copy], [data-copy-from]");
    const source = holder.querySelector("[data-copy-text]");
    const text = source ? source.textContent : holder.dataset.copy;
    const done = await copy(text);
    if (!done) {
      getSelection().selectAllChildren(source || holder.querySelector(".copy-value"));
      announce("Selected; press Ctrl+C to copy");
      return;
    }
    button.classList.add("copied");
    announce("Copied");
    setTimeout(() => {
      button.classList.remove("copied");
      announce("");
    }, 1800);
  });

  document.addEventListener("DOMContentLoaded", () => ready(document));
  document.addEventListener("htmx:load", (event) => ready(event.target));
})();
