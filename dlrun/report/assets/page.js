"use strict";
// Draws the page's charts with uPlot, from the JSON that the page carries, and marks the section that is read.
(() => {
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const places = [...document.querySelectorAll(".plot[data-chart]")];
  const heights = { wide: 300, half: 250, square: 330 };
  let plots = [];

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (name) => css(/^\d$/.test(name) ? `--c${name}` : `--${name}`) || css("--muted");

  function number(value) {
    if (value == null) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2).replace("-", "−");
    return (size >= 1000 ? Math.round(value).toLocaleString("en") : String(+value.toPrecision(4))).replace("-", "−");
  }

  // uPlot joins lines by their x, one value for each; the same x again moves on by a hair.
  function rising(xs) {
    const step = (xs[xs.length - 1] - xs[0] || 1) * 1e-9;
    let last = -Infinity;
    return xs.map((x) => (last = x > last ? x : last + step));
  }

  // The place of a line's own point that is nearest to the cursor; others' points are undefined there.
  function nearest(u, series, index) {
    const values = u.data[series];
    if (series === 0 || values[index] != null) return index;
    for (let away = 1; away < values.length; away++) {
      if (values[index - away] != null) return index - away;
      if (values[index + away] != null) return index + away;
    }
    return index;
  }

  function drawMarks(u, spec) {
    const { ctx, bbox } = u;
    const pixel = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
    ctx.clip();
    ctx.strokeStyle = css("--muted");
    ctx.lineWidth = pixel;
    ctx.setLineDash([3 * pixel, 3 * pixel]);
    if (spec.diagonal) {
      const low = Math.max(u.scales.x.min, u.scales.y.min), high = Math.min(u.scales.x.max, u.scales.y.max);
      ctx.beginPath();
      ctx.moveTo(u.valToPos(low, "x", true), u.valToPos(low, "y", true));
      ctx.lineTo(u.valToPos(high, "x", true), u.valToPos(high, "y", true));
      ctx.stroke();
    }
    ctx.font = `${11 * pixel}px system-ui, sans-serif`;
    ctx.fillStyle = css("--muted");
    spec.marks.forEach((mark, row) => {
      const x = u.valToPos(mark.x, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const right = x > bbox.left + bbox.width / 2;
      ctx.textAlign = right ? "right" : "left";
      ctx.fillText(mark.label, x + (right ? -5 : 5) * pixel, bbox.top + (11 + 14 * row) * pixel);
    });
    ctx.restore();
  }

  // Switches above the learning curves of several runs.
  const drawn = { log: null, smooth: 0, hidden: new Set(), off: new Set() };

  function shown(line) {
    return !drawn.hidden.has(line.role) && !drawn.off.has(line.group || null);
  }

  function isLog(spec) {
    if (drawn.log === null || !spec.sync) return spec.log;
    return drawn.log && spec.lines.every((line) => line.y.every((value) => value == null || value > 0));
  }

  // An exponential moving average, as far as there are values; corrected where it begins, as Adam corrects its own.
  function smoothed(values) {
    if (!drawn.smooth) return values;
    let mean = 0, weight = 0;
    return values.map((value) => {
      if (value == null) return null;
      mean = drawn.smooth * mean + (1 - drawn.smooth) * value;
      weight = drawn.smooth * weight + 1 - drawn.smooth;
      return mean / weight;
    });
  }

  // Lines of a group are shown and hidden together, in every chart.
  function together(u, spec, index, change) {
    const line = index && spec.lines[index - 1];
    if (!line || !line.group || change.show == null || u.busy) return;
    if (change.show) drawn.off.delete(line.group); else drawn.off.add(line.group);
    plots.forEach((plot, place) => {
      const own = specs[places[place].dataset.chart];
      if (!own.lines.some((other) => other.group)) return;
      plot.busy = true;
      plot.batch(() => own.lines.forEach((other, n) => {
        if (plot.series[n + 1].show !== shown(other)) plot.setSeries(n + 1, { show: shown(other) });
      }));
      plot.busy = false;
      mute(plot, own);
    });
  }

  // In the legend a group has one entry, which is faint while it is hidden.
  function mute(u, spec) {
    u.root.querySelectorAll(".u-legend .u-series").forEach((row, index) => {
      const line = index && spec.lines[index - 1];
      if (!line || !line.group) return;
      const first = spec.lines.findIndex((other) => other.group === line.group) === index - 1;
      row.classList.toggle("gone", !first);
      row.classList.toggle("u-off", drawn.off.has(line.group));
    });
  }

  function axis(label, more) {
    return { stroke: css("--muted"), font: "11px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif",
      label, labelSize: 20, labelGap: 0, gap: 4, ticks: { show: false },
      grid: { stroke: css("--grid"), width: 1 }, ...more };
  }

  function options(spec, width) {
    const values = (u, ticks) => ticks.map((tick) => (tick == null ? "" : number(tick)));
    const wide = (u, ticks) => 14 + 6.5 * Math.max(1, ...(ticks || [""]).map((tick) => String(tick).length));
    const padded = (u, low, high) => {
      if (low == null) return [0, 1];
      const pad = (high - low || Math.abs(low) || 1) * 0.04;
      return [low - pad, high + pad];
    };
    const scattered = spec.lines.some((line) => line.points);
    const square = spec.shape === "square";
    const log = isLog(spec);
    return {
      width, height: heights[spec.shape],
      scales: { x: { time: spec.time, ...(scattered || square ? { range: padded } : {}) },
        y: log ? { distr: 3 } : square ? { range: padded } : {} },
      cursor: { drag: { x: true, y: square, uni: 30 }, dataIdx: nearest, points: { size: 7 }, focus: { prox: 1e6 },
        ...(spec.sync ? { sync: { key: spec.sync, scales: ["x", null], setSeries: false } } : {}) },
      legend: { live: true },
      axes: [
        axis(spec.x, { size: spec.time ? 44 : 26, ...(spec.time ? {} : { values }), ...(spec.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500,
          1000, 2000, 5000, 10000, 100000, 1000000] } : {}) }),
        axis(null, { ...(log ? {} : { values }), size: wide }),
      ],
      series: [
        { label: spec.x, ...(spec.time ? {} : { value: (u, value) => number(value) }) },
        ...spec.lines.map((line) => ({
          label: line.label, stroke: colour(line.colour) + (line.thin ? (line.role === "seed" ? "55" : "a0") : ""),
          width: line.thin ? 1.1 : 1.9, dash: line.dashed ? [5, 4] : undefined, show: shown(line),
          value: (u, value) => number(value),
          ...(line.points
            ? { paths: () => null, points: { show: true, size: line.x.length > 300 ? 4 : 5.5, width: 0,
                fill: colour(line.colour) + "b0", stroke: colour(line.colour) } }
            : { points: { show: line.x.length <= 2, size: 6 } }),
        })),
      ],
      hooks: { draw: [(u) => drawMarks(u, spec)], setSeries: [(u, index, change) => together(u, spec, index, change)] },
    };
  }

  function keys(u, place) {
    place.onkeydown = (event) => {
      const xs = u.data[0], { min, max } = u.scales.x, middle = (min + max) / 2;
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const factor = { "+": 0.35, "=": 0.35, "-": 1 }[event.key];
      if (event.target !== place || (!step && !factor && event.key !== "Escape")) return;
      event.preventDefault();
      if (step) {
        const index = Math.min(xs.length - 1, Math.max(0, (u.cursor.idx ?? (step > 0 ? -1 : xs.length)) + step));
        u.setCursor({ left: u.valToPos(xs[index], "x"), top: u.over.clientHeight / 2 });
      } else if (factor) {
        u.setScale("x", { min: middle - factor * (max - min), max: middle + factor * (max - min) });
      } else {
        u.setData(u.data);
      }
    };
    place.querySelectorAll(".u-series").forEach((row, index) => {
      const name = row.querySelector("th");
      if (!index || !name) return;
      name.tabIndex = 0;
      name.setAttribute("role", "button");
      name.onkeydown = (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          u.setSeries(index, { show: !u.series[index].show });
        }
      };
    });
  }

  function draw() {
    plots.forEach((plot) => plot.destroy());
    plots = places.map((place) => {
      const spec = specs[place.dataset.chart];
      const tables = spec.lines.map((line) => [rising(line.x), line.group ? smoothed(line.y) : line.y]);
      const data = tables.length === 1 ? tables[0] : uPlot.join(tables);
      const plot = new uPlot(options(spec, place.clientWidth || 320), data, place);
      keys(plot, place);
      mute(plot, spec);
      return plot;
    });
  }

  function resize() {
    plots.forEach((plot, index) => {
      const width = places[index].clientWidth;
      if (width && Math.abs(width - plot.width) > 1) plot.setSize({ width, height: plot.height });
    });
  }

  draw();
  document.querySelectorAll(".controls button").forEach((button) => {
    if ("log" in button.dataset) {
      button.setAttribute("aria-pressed", String(specs.some((spec) => spec.sync && spec.log)));
    }
    button.onclick = () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      if ("log" in button.dataset) drawn.log = on;
      else if (on) drawn.hidden.delete(button.dataset.role);
      else drawn.hidden.add(button.dataset.role);
      draw();
    };
  });
  document.querySelectorAll("[data-smooth]").forEach((slider) => {
    slider.oninput = () => { drawn.smooth = Number(slider.value); draw(); };
  });

  // Tables that are sorted by a click on a heading: numbers as such, empty cells last.
  document.querySelectorAll("table.sortable").forEach((table) => {
    const headings = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    const value = (row, column) => row.cells[column].dataset.sort ?? "";
    headings.forEach((heading, column) => {
      heading.querySelector("button").onclick = () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const order = (a, b) => {
          const x = value(a, column), y = value(b, column);
          if (x === "" || y === "") return (x === "") - (y === "");
          const numbers = !isNaN(x) && !isNaN(y);
          return (down ? -1 : 1) * (numbers ? x - y : x.localeCompare(y, undefined, { numeric: true }));
        };
        body.append(...[...body.rows].sort(order));
      };
    });
  });

  let pending = 0;
  addEventListener("resize", () => { cancelAnimationFrame(pending); pending = requestAnimationFrame(resize); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    draw();
  });
  addEventListener("afterprint", () => { document.documentElement.classList.remove("printing"); draw(); });

  const links = [...document.querySelectorAll("nav a")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => {
        const here = link.hash === `#${entry.target.id}`;
        link.classList.toggle("here", here);
        if (here) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      });
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll("section").forEach((section) => seen.observe(section));
  document.documentElement.dataset.ready = "true";
})();
