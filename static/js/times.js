// Times come from the server in UTC; here they become local, with UTC on hover.
(() => {
  const FORMS = {
    date: { dateStyle: "medium" },
    time: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
    full: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short", hourCycle: "h23" },
  };
  const formats = Object.fromEntries(
    Object.entries(FORMS).map(([name, form]) => [name, new Intl.DateTimeFormat("en-US", form)]),
  );
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
  const UNITS = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];

  const inWords = (moment) => {
    const seconds = (moment - Date.now()) / 1000;
    if (Math.abs(seconds) < 45) return seconds > 0 ? "in a moment" : "just now";
    if (Math.abs(seconds) > 30 * 86400) return formats.date.format(moment);
    const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length);
    return relative.format(Math.round(seconds / size), unit);
  };

  const localize = (root) => {
    const times = root.matches?.("time[datetime]") ? [root] : root.querySelectorAll("time[datetime]");
    for (const time of times) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const show = time.dataset.show || "full";
      if (show === "relative") {
        time.textContent = inWords(moment);
        time.title = `${formats.full.format(moment)} · ${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
      } else if (!time.dataset.local) {
        time.textContent = formats[show].format(moment);
        time.title = `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
        time.dataset.local = "1";
      }
    }
  };

  document.addEventListener("DOMContentLoaded", () => localize(document));
  document.addEventListener("htmx:load", (event) => localize(event.target));
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-show=relative]")) localize(time);
  }, 30000);
})();
