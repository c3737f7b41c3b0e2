// What the pages do beyond being read: the reader's own time, charts, zooming, following what happens, filtering a list.
// Every word and number is in the HTML already; without this script only these are missing.
"use strict";
(() => {
  const each = (selector, work, root = document) => root.querySelectorAll(selector).forEach(work);

  // ---------------------------------------------------------------- the reader's own time; UTC stays in the title
  const two = (n) => String(n).padStart(2, "0");
  const local = (at, seconds) =>
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}` +
    (seconds ? `:${two(at.getSeconds())}` : "");
  function localise(root) {
    each("time[datetime]:not([data-local])", (node) => {
      const at = new Date(node.dateTime);
      if (Number.isNaN(at.getTime())) return;
      node.textContent = local(at, node.hasAttribute("data-seconds"));
      node.setAttribute("data-local", "");
    }, root);
  }

  // ---------------------------------------------------------------- charts
  const drawn = new WeakMap(); // figure -> { text, view }
  async function draw(figure) {
    const host = figure.querySelector(".chart");
    let text;
    try {
      const answer = await fetch(figure.dataset.chart, { headers: { accept: "application/json" } });
      if (answer.status === 401) return location.assign(`/login?to=${encodeURIComponent(location.pathname + location.search)}`);
      text = await answer.text();
      if (!answer.ok) return note(figure, JSON.parse(text).error.message);
    } catch {
      if (!drawn.has(figure)) note(figure, "The server did not answer; this is tried again.");
      return;
    }
    const before = drawn.get(figure);
    if (before && before.text === text) return;
    const { spec, empty, note: about } = JSON.parse(text);
    const told = figure.querySelector(".note");
    if (told) told.textContent = about;
    if (!spec) return note(figure, empty);
    const place = document.createElement("div");
    place.className = "drawing";
    place.setAttribute("aria-hidden", "true"); // marks without names: the chart has one, and its data a link
    if (before) host.append(place); // drawn behind the old one, which then gives way: nothing jumps
    else host.prepend(place);
    try {
      const { view } = await vegaEmbed(place, spec, {
        mode: "vega-lite", ast: true, renderer: "svg", actions: false, defaultStyle: false,
        logLevel: 1, // errors alone: an empty layer is none
        tooltip: { disableDefaultStyle: true, id: "tip" },
      });
      host.replaceChildren(place);
      host.setAttribute("role", "img");
      if (before) before.view.finalize();
      drawn.set(figure, { text, view });
      host.dataset.drawn = "yes";
      if (figure.dataset.zoom) zoomable(view, figure.dataset.zoom, place);
    } catch (error) {
      note(figure, `This chart could not be drawn: ${error.message}`);
    }
  }
  function note(figure, text) {
    const host = figure.querySelector(".chart");
    const said = document.createElement("p");
    said.className = "empty";
    said.textContent = text;
    drawn.delete(figure);
    host.removeAttribute("role"); // words are no picture
    host.replaceChildren(...host.querySelectorAll(".hold"), said); // the place stays as high: nothing jumps
    host.dataset.drawn = "empty";
  }
  // Dragging over a time axis opens the page for that stretch.
  function zoomable(view, path, place) {
    let range = null;
    try {
      view.addSignalListener("zoom_x", (_, value) => { range = value; });
    } catch { return; }
    addEventListener("pointerup", function up() {
      if (!place.isConnected) return removeEventListener("pointerup", up); // drawn anew since
      if (!range || Math.abs(range[1] - range[0]) < 6) return;
      const signal = view.signal("zoom");
      const [from, to] = Object.values(signal)[0] ?? [];
      range = null;
      if (!(to > from)) return;
      const url = new URL(path, location.href);
      url.searchParams.set("start", new Date(Math.floor(from)).toISOString());
      url.searchParams.set("end", new Date(Math.ceil(to)).toISOString());
      url.hash = place.closest("section[id]")?.id ?? "";
      location.assign(url);
    });
  }
  const nearby = "IntersectionObserver" in window && new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen)
      if (isIntersecting) { nearby.unobserve(target); draw(target); }
  }, { rootMargin: "600px" });
  function drawAll(root) {
    if (!("vegaEmbed" in window)) return;
    each("figure[data-chart]", (figure) => (nearby ? nearby.observe(figure) : draw(figure)), root);
  }

  // ---------------------------------------------------------------- following what happens
  // The page asks for itself again; regions whose HTML changed are taken over, the others are not touched.
  const isBeingFilled = (region) =>
    (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) ||
    [...region.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea")].some((it) => it.value !== it.defaultValue);
  const kept = new Map();
  each("[data-region]", (region) => kept.set(region.id, region.innerHTML));
  const state = document.getElementById("following");
  const PAUSE = 2000;
  let asked = 0, waiting = false;
  async function follow() {
    if (waiting) return;
    waiting = true;
    await new Promise((done) => setTimeout(done, Math.max(0, asked + PAUSE - Date.now())));
    waiting = false;
    asked = Date.now();
    if (document.hidden) { waiting = true; return; }
    let page;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { return; }
    // What stood for something that was not there yet gives way to it.
    each("[data-until]", (standing) => {
      const come = page.getElementById(standing.dataset.until)?.closest("section");
      if (!come) return;
      each("noscript", (it) => it.remove(), come); // a parsed page takes their pictures for its own
      each("[data-region]", (region) => kept.set(region.id, region.innerHTML), come);
      standing.replaceWith(come);
      arrange(come);
    });
    each("[data-region]", (region) => {
      const fresh = page.getElementById(region.id);
      if (!fresh || fresh.innerHTML === kept.get(region.id)) return;
      if (isBeingFilled(region)) return;
      kept.set(region.id, fresh.innerHTML);
      const focused = region.contains(document.activeElement) && document.activeElement.getAttribute("href");
      region.replaceChildren(...fresh.childNodes);
      if (focused) [...region.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
      arrange(region);
    });
    each("figure[data-chart]", (figure) => { if (drawn.has(figure) || figure.querySelector("[data-drawn=empty]")) draw(figure); });
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && waiting) { waiting = false; follow(); }
  });
  function listen() {
    const where = document.body.dataset.live;
    if (where === undefined || !("EventSource" in window)) return;
    const source = new EventSource(where);
    const say = (word) => { if (state) { state.textContent = word; state.dataset.state = word; } };
    source.addEventListener("open", () => { say("live"); if (asked) follow(); });
    source.addEventListener("changed", follow);
    source.addEventListener("error", () => {
      say("not connected");
      asked = asked || 1;
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { follow(); listen(); }, 30000);
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  }
  addEventListener("pageshow", ({ persisted }) => { if (persisted) listen(); });
  // What is under way is asked for again until it is done.
  setInterval(() => { if (document.querySelector("[data-again]")) follow(); }, 2000);

  // ---------------------------------------------------------------- lists: filter by name
  function filters() {
    each("input[data-filter]", (input) => {
      const rows = () => document.querySelectorAll(`#${input.dataset.filter} [data-name]`);
      const shown = document.getElementById(`${input.id}-shown`);
      const apply = () => {
        const needle = input.value.trim().toLowerCase();
        let seen = 0, all = 0;
        rows().forEach((row) => {
          row.hidden = !row.dataset.name.toLowerCase().includes(needle);
          seen += !row.hidden;
          all += 1;
        });
        if (shown) shown.textContent = needle ? `${seen} of ${all}` : "";
      };
      if (!input.dataset.ready) input.addEventListener("input", apply);
      input.dataset.ready = "yes";
      input.closest("[hidden]")?.removeAttribute("hidden");
      apply();
    });
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea, select")) return;
    const input = document.querySelector("input[data-filter]");
    if (input) { event.preventDefault(); input.focus(); }
  });

  // ---------------------------------------------------------------- forms: no second click while the first is under way
  addEventListener("submit", ({ target }) => {
    if (target.method !== "post") return;
    setTimeout(() => { for (const button of target.querySelectorAll("button")) button.disabled = true; });
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) each("button[disabled]", (button) => { button.disabled = false; });
  });

  function arrange(root) {
    localise(root);
    drawAll(root);
    filters();
  }
  arrange(document);
  listen();
})();
