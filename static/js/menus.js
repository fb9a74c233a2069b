// Drop-downs close by themselves, flash messages can be put away, an error summary takes the focus.
(() => {
  const open = () => document.querySelectorAll("[data-drop][open]");

  document.addEventListener("click", (event) => {
    for (const drop of open()) {
      if (!drop.contains(event.target)) drop.open = false;
    }
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest("[data-flash]").remove();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const drop of open()) {
      drop.open = false;
      drop.querySelector("summary").focus();
    }
  });

  const ready = (root) => {
    for (const button of root.querySelectorAll("[data-dismiss]")) button.hidden = false;
    root.querySelector("[data-focus]")?.focus();
  };
  document.addEventListener("DOMContentLoaded", () => ready(document));
  document.addEventListener("htmx:load", (event) => ready(event.target));

  // A second press of a button while the form is on its way sends nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    else {
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 4000);
    }
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
