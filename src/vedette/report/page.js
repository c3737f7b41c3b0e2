// What the report does beyond being read: draws a column's charts when it is opened, filters and sorts the list.
// Every word and number is in the page already; without this script only charts and controls are missing.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const { columns, templates, config } = read("vedette-data");

  const percent = (share) => {
    const value = 100 * share;
    if (value === 0) return "0 %";
    if (Math.abs(value) < 0.001) return "< 0.001 %";
    return `${Number(value.toPrecision(value > 99.5 ? 4 : 2))} %`;
  };
  const points = (change) => `${change > 0 ? "+" : ""}${Number((100 * change).toPrecision(2))} points`;
  const told = (row, before, after, name) =>
    Object.assign(row, {
      name, reference: percent(before), current: percent(after), change: points(after - before),
    });

  // The step outline of one side, a separate part for each run of bars that touch.
  function outline(picture, side) {
    const places = [];
    let start = 0;
    picture.parts.forEach((length, part) => {
      const bars = picture.bars.slice(start, start + length);
      start += length;
      const add = (x0, share) => places.push({ x0, share, part, i: places.length });
      add(bars[0][0], 0);
      for (const bar of bars) {
        add(bar[0], bar[2 + side]);
        add(bar[1], bar[2 + side]);
      }
      add(bars[bars.length - 1][1], 0);
    });
    return places;
  }

  const datasets = {
    shape(picture) {
      const { top } = picture;
      const cut = picture.bars.filter((bar) => Math.max(bar[2], bar[3]) > 1.01 * top);
      return {
        reference: outline(picture, 0),
        current: outline(picture, 1),
        notes: cut.length
          ? cut.map(([, x1, before, after]) => ({ x1, top, note: `${percent(before)} → ${percent(after)}` }))
          : [{ x1: 0.5, top, note: "" }],
        bars: picture.bars.map(([x0, x1, before, after, name]) =>
          told({ x0, x1, floor: 0, top }, before, after, name)),
      };
    },
    shift(picture) {
      const [m, n] = picture.rows;
      const moves = picture.bars.map((bar) => 100 * (bar[3] - bar[2]));
      // What chance alone moves: 1.96 standard errors of a difference of two shares.
      const noise = picture.bars.map(([, , before, after]) => {
        const share = (before * m + after * n) / Math.max(m + n, 1);
        return 196 * Math.sqrt(share * (1 - share) * (1 / Math.max(m, 1) + 1 / Math.max(n, 1)));
      });
      const floor = Math.min(...moves, ...noise.map((x) => -x)), top = Math.max(...moves, ...noise);
      return {
        zero: [{ zero: 0 }],
        bars: picture.bars.map(([x0, x1, before, after, name], i) => told({
          x0, x1, left: x0 + 0.12, right: x1 - 0.12, zero: 0, points: moves[i],
          less: -noise[i], more: noise[i], floor, top,
        }, before, after, name)),
      };
    },
    nominal(picture) {
      // A bar beyond the axis stops short of its end and has its shares written behind it.
      const { top } = picture, stop = 0.7 * top;
      const cut = ([before, after]) => Math.max(before, after) > 1.01 * top;
      const notes = picture.bars.map((bar) => ({
        at: stop, name: bar[2], note: cut(bar) ? `… ${percent(bar[0])} → ${percent(bar[1])}` : "",
      }));
      const drawn = (bar, share) => (cut(bar) ? Math.min(share, stop) : share);
      return {
        notes,
        bars: picture.bars.map((bar) =>
          told({ before: drawn(bar, bar[0]), after: drawn(bar, bar[1]) }, bar[0], bar[1], bar[2])),
      };
    },
  };

  function draw(host) {
    const column = columns[host.dataset.column];
    const kind = host.dataset.chart;
    const picture = kind === "nominal" ? column : column[kind];
    const spec = structuredClone(templates[kind]);
    spec.datasets = datasets[kind](picture);
    if (kind === "nominal") spec.height *= picture.bars.length;
    for (const param of spec.params ?? []) {
      if (param.name === "ticks") param.value = picture.ticks;
      if (param.name === "top") param.value = picture.top;
      if (param.name === "labels")
        param.value = Object.fromEntries(picture.ticks.map((tick, i) => [tick, picture.labels[i]]));
    }
    const limit = Math.min(200, host.clientWidth * 0.34);
    return vegaEmbed(host, spec, {
      mode: "vega-lite", ast: true, renderer: "svg", actions: false, defaultStyle: false,
      config: { ...config, axisY: { labelLimit: limit } },
      tooltip: { disableDefaultStyle: true, id: "tip" },
    });
  }

  // Charts are drawn when their column is opened; one that was measured while closed is measured again.
  function reveal(details) {
    for (const host of details.querySelectorAll("[data-chart]:not([data-drawn])")) {
      host.setAttribute("data-drawn", "no");
      draw(host).then(
        () => host.setAttribute("data-drawn", "yes"),
        (error) => { host.textContent = `This chart could not be drawn: ${error.message}`; },
      );
    }
    if (details.querySelector("[data-drawn=yes]")) dispatchEvent(new Event("resize"));
  }
  document.addEventListener("toggle", ({ target }) => { if (target.open) reveal(target); }, true);
  document.querySelectorAll(".column[open]").forEach(reveal);

  const list = document.getElementById("columns");
  const controls = document.getElementById("controls");
  if (list && controls) {
    const entries = [...list.querySelectorAll(".column")];
    const text = controls.querySelector("[type=search]");
    const order = controls.querySelector("select");
    const shown = controls.querySelector("output");
    const sorts = {
      worst: (a, b) => a.dataset.at - b.dataset.at,
      name: (a, b) => a.dataset.name.localeCompare(b.dataset.name, "en", { numeric: true }),
      effect: (a, b) => b.dataset.size - a.dataset.size,
    };
    const apply = () => {
      const wanted = new Set(
        [...controls.querySelectorAll("[type=checkbox]:checked")].map((box) => box.value));
      const needle = text.value.trim().toLowerCase();
      let seen = 0;
      for (const entry of entries) {
        entry.hidden = !(wanted.has(entry.dataset.verdict) &&
          entry.dataset.name.toLowerCase().includes(needle));
        seen += !entry.hidden;
      }
      shown.textContent = `${seen} of ${entries.length} shown`;
    };
    controls.addEventListener("input", apply);
    order.addEventListener("change", () => {
      entries.sort(sorts[order.value]);
      list.append(...entries);
    });
    controls.hidden = false;
    apply();
  }

  // A link to a column opens it.
  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();

  // On paper, what matters is open.
  addEventListener("beforeprint", () => {
    for (const entry of document.querySelectorAll(".column[data-matters]")) entry.open = true;
  });
})();
