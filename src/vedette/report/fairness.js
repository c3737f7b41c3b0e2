// What an audit does beyond being read: draws its figures. Every number stands in the tables as well.
"use strict";
(() => {
  const { figures } = JSON.parse(document.getElementById("vedette-data").textContent);
  const draw = async (host) => {
    const { spec, empty } = figures[host.dataset.figure];
    if (!spec) {
      host.textContent = empty;
      return;
    }
    try {
      await vegaEmbed(host, spec, {
        mode: "vega-lite", ast: true, renderer: "svg", actions: false, defaultStyle: false,
        tooltip: { disableDefaultStyle: true, id: "tip" },
      });
    } catch (error) {
      host.textContent = `This figure could not be drawn: ${error.message}`;
    }
    host.dataset.drawn = "yes";
  };
  // All at once: on paper there is nothing left to open.
  const drawn = Promise.all([...document.querySelectorAll("[data-figure]")].map(draw));
  drawn.then(() => { document.documentElement.dataset.ready = "yes"; });
  addEventListener("beforeprint", () => {
    for (const entry of document.querySelectorAll("details")) entry.open = true;
  });
})();
