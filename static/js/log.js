// The log's window: follows the end until the person scrolls up, keeps the page small, finds words.
(() => {
  // Three elements a line: the log stays below 2,000 in all.
  const MOST = 600;
  const NEAR = 40;

  const begin = (log) => {
    const part = (name) => log.querySelector(`[data-log-${name}]`);
    const view = part("window");
    const lines = part("lines");
    const follow = part("follow");
    const news = part("new");
    const search = part("search");
    const found = part("found");
    let following = false;
    let hits = [];
    let at = -1;

    const atEnd = () => view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;

    const setFollowing = (on) => {
      following = on;
      follow.setAttribute("aria-pressed", String(on));
      follow.querySelector("span").textContent = on ? "Following" : "Follow";
      if (on) {
        news.hidden = true;
        view.scrollTop = view.scrollHeight;
      }
    };

    const toggle = (name, className) => {
      const button = part(name);
      button.hidden = false;
      button.addEventListener("click", () => {
        const on = log.classList.toggle(className);
        button.setAttribute("aria-pressed", String(on));
        if (following) view.scrollTop = view.scrollHeight;
      });
    };

    // Times come in UTC; a log shows them in the person's own zone, as the rest of the page does.
    const localize = (rows) => {
      for (const text of rows) {
        text.dataset.time = new Date(text.dataset.at).toTimeString().slice(0, 8);
        delete text.dataset.at;
      }
    };

    const drop = () => {
      const rows = lines.querySelectorAll(".line");
      const many = rows.length - MOST;
      if (many <= 0 || !following) return;
      for (let index = 0; index < many; index += 1) rows[index].remove();
    };

    const find = () => {
      const wanted = search.value.trim().toLowerCase();
      for (const row of hits) row.classList.remove("line-hit", "line-hit-current");
      hits = [];
      if (wanted) {
        for (const row of lines.querySelectorAll(".line")) {
          if (row.lastElementChild.textContent.toLowerCase().includes(wanted)) hits.push(row);
        }
      }
      for (const row of hits) row.classList.add("line-hit");
      at = Math.min(Math.max(at, -1), hits.length - 1);
      found.textContent = wanted ? (hits.length ? `${at < 0 ? hits.length : `${at + 1} of ${hits.length}`}` : "none") : "";
    };

    const go = (step) => {
      if (!hits.length) return;
      hits[at]?.classList.remove("line-hit-current");
      at = (at + step + hits.length) % hits.length;
      hits[at].classList.add("line-hit-current");
      setFollowing(false);
      hits[at].scrollIntoView({ block: "center" });
      found.textContent = `${at + 1} of ${hits.length}`;
    };

    follow.hidden = false;
    part("searching").hidden = false;
    toggle("times", "log-with-times");
    toggle("wrap", "log-wrapped");
    follow.addEventListener("click", () => setFollowing(!following));
    news.addEventListener("click", () => setFollowing(true));
    view.addEventListener(
      "scroll",
      () => {
        if (following && !atEnd()) setFollowing(false);
        else if (!following && atEnd() && lines.querySelector(".log-poll")) setFollowing(true);
      },
      { passive: true },
    );
    search.addEventListener("input", () => {
      at = -1;
      find();
    });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      go(event.shiftKey ? -1 : 1);
    });

    localize(lines.querySelectorAll("[data-at]"));
    new MutationObserver(() => {
      localize(lines.querySelectorAll("[data-at]"));
      drop();
      if (following) view.scrollTop = view.scrollHeight;
      else if (lines.querySelector(".log-poll")) news.hidden = false;
      // The log has ended: there is nothing to follow any more.
      if (!lines.querySelector(".log-poll")) setFollowing(false);
      if (search.value.trim()) find();
    }).observe(lines, { childList: true });

    const picked = location.hash.startsWith("#L") ? document.getElementById(location.hash.slice(1)) : null;
    if (picked) picked.scrollIntoView({ block: "center" });
    setFollowing(!picked && Boolean(lines.querySelector(".log-poll")));
    if (!picked) view.scrollTop = view.scrollHeight;
  };

  const ready = (root) => {
    const logs = root.matches?.("[data-log]") ? [root] : root.querySelectorAll("[data-log]");
    for (const log of logs) {
      if (log.dataset.begun) continue;
      log.dataset.begun = "1";
      begin(log);
    }
  };
  document.addEventListener("DOMContentLoaded", () => ready(document));
  document.addEventListener("htmx:load", (event) => ready(event.target));
})();
