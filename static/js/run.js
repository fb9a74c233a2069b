// The page of a run: the clock ticks, the tab's title is spoken, a hidden tab asks rarely, a link to a line finds it.
(() => {
  const HIDDEN_WAIT = 10000;

  const inWords = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  };

  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-since]")) {
      clock.textContent = inWords((Date.now() - new Date(clock.dataset.since)) / 1000);
    }
  }, 1000);

  // A poller of a hidden tab waits, and goes on at once when somebody looks again.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const poller = event.detail.elt;
    if (!document.hidden || poller.dataset?.poll === undefined || poller.dataset.woken) return;
    event.preventDefault();
    const wake = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
      if (!poller.isConnected) return;
      poller.dataset.woken = "1";
      htmx.ajax("GET", poller.getAttribute("hx-get"), { source: poller, swap: "outerHTML" });
    };
    const timer = setTimeout(wake, HIDDEN_WAIT);
    document.addEventListener("visibilitychange", wake);
  });

  let spoken = "";
  document.addEventListener("htmx:oobAfterSwap", () => {
    const head = document.getElementById("status");
    const announcer = document.getElementById("announcer");
    if (!head || !announcer || head.dataset.title === spoken) return;
    spoken = head.dataset.title;
    announcer.textContent = spoken;
  });

  // The log shows its end first: a link to an earlier line asks for the lines around it.
  const line = /^#L(\d{1,14})$/.exec(location.hash);
  if (line && !document.getElementById(`L${line[1]}`) && !location.search) {
    location.replace(`?line=${line[1]}${location.hash}`);
  }
})();
