// Live parts: what happens when a poll or a form sent by htmx meets a lost connection or an ended session.
(() => {
  const STEPS = [2, 4, 8, 15];
  const failures = new WeakMap();

  const connection = (lost) => {
    const bar = document.getElementById("connection");
    if (bar) bar.hidden = !lost;
  };

  const signedOut = (xhr) => {
    const signIn = document.body.dataset.signIn;
    if (!signIn || !xhr) return false;
    if (xhr.status === 401) return true;
    const address = xhr.responseURL ? new URL(xhr.responseURL).pathname : "";
    return address.startsWith(signIn) && !location.pathname.startsWith(signIn);
  };

  // Loading the page again leads to the sign-in, and from there back to this page.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!signedOut(event.detail.xhr)) return;
    event.detail.shouldSwap = false;
    location.reload();
  });

  // A poller with `load delay` fires once; after a failure somebody has to ask again for it.
  const again = (event) => {
    const source = event.detail.elt;
    const status = event.detail.xhr?.status ?? 0;
    if (status === 401 || signedOut(event.detail.xhr)) {
      location.reload();
      return;
    }
    if (!source.isConnected || !source.matches("[data-poll]")) {
      if (status !== 422) connection(true);
      setTimeout(() => connection(false), 6000);
      return;
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      location.reload();
      return;
    }
    connection(true);
    const count = failures.get(source) ?? 0;
    failures.set(source, count + 1);
    const wait = STEPS[Math.min(count, STEPS.length - 1)] * 1000;
    setTimeout(() => {
      if (source.isConnected) htmx.ajax("GET", source.getAttribute("hx-get"), { source, swap: source.getAttribute("hx-swap") || "outerHTML" });
    }, wait);
  };
  document.addEventListener("htmx:responseError", again);
  document.addEventListener("htmx:sendError", again);
  document.addEventListener("htmx:timeout", again);
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful !== false) connection(false);
  });
})();
