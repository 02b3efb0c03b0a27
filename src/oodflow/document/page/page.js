"use strict";
(() => {
  const SERIES = 8, DASHES = 4, SHOWN = 6; // looks of lines; sets that are shown before anybody chooses
  const MARGIN = { left: 46, right: 12, top: 8, bottom: 40 };

  const short = (value, digits = 4) => {
    const size = Math.abs(value), far = size && (size < 1e-4 || size >= 1e9);
    const text = far ? value.toExponential(digits - 1) : value.toLocaleString("en-US", { maximumSignificantDigits: digits });
    return text.replaceAll("-", "−");
  };
  const percent = (share, digits = 1) =>
    `${(100 * share).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })} %`;
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const look = (place) => `series-${place % SERIES} dash-${(place + Math.floor(place / SERIES)) % DASHES}`;

  function make(name, attributes = {}, ...inside) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...inside);
    return node;
  }

  function draw(parent, name, attributes = {}, text = "") {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.textContent = text;
    parent.append(node);
    return node;
  }

  /** Round numbers on an axis, about so many. */
  function ticks(low, high, about) {
    const raw = (high - low) / about, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
    const first = Math.ceil(low / step - 1e-9), count = Math.floor(high / step + 1e-9) - first + 1;
    return Array.from({ length: Math.max(count, 0) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }

  /** A drawing area with axes and a cursor that a slider, or the pointer, moves. */
  class Panel {
    constructor(name, sliderName) {
      this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      this.svg.setAttribute("role", "img");
      this.slider = make("input", { type: "range", min: 0, step: 1 });
      this.output = make("output");
      this.name = make("p", { class: "name" }, name);
      this.node = make("div", { class: "panel" }, this.name, this.svg, make("label", {}, sliderName, this.slider), this.output);
      this.slider.addEventListener("input", () => this.tell());
      for (const event of ["pointermove", "pointerdown"]) this.svg.addEventListener(event, (moved) => this.point(moved));
    }

    /** Draw axes for values from low to high; returns where values and shares lie. */
    axes(low, high, top, name, upName) {
      const width = Math.max(this.svg.clientWidth, 200), height = Math.max(this.svg.clientHeight, 150);
      const { left, right, top: above, bottom } = MARGIN;
      this.svg.replaceChildren();
      this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.across = (value) => left + ((value - low) / (high - low)) * (width - left - right);
      this.up = (share) => height - bottom - (share / top) * (height - above - bottom);
      this.ends = [above, height - bottom];
      for (const share of ticks(0, top, 4)) {
        draw(this.svg, "line", { class: "grid", x1: left, x2: width - right, y1: this.up(share), y2: this.up(share) });
        draw(this.svg, "text", { x: left - 6, y: this.up(share) + 4, "text-anchor": "end" }, short(100 * share, 3));
      }
      for (const value of ticks(low, high, Math.max(2, width / 70)))
        draw(this.svg, "text", { x: this.across(value), y: height - bottom + 17, "text-anchor": "middle" }, short(value));
      draw(this.svg, "line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom });
      draw(this.svg, "text", { x: (left + width - right) / 2, y: height - 5, "text-anchor": "middle" }, name);
      this.svg.setAttribute("aria-label", `${upName} against ${name}`);
    }

    line(points, place) {
      const path = points.map(([x, y], i) => `${i ? "L" : "M"}${this.across(x).toFixed(1)} ${this.up(y).toFixed(1)}`).join("");
      draw(this.svg, "path", { class: `line ${look(place)}`, d: path }).dataset.series = place;
      return path;
    }

    point(moved) {
      const box = this.svg.getBoundingClientRect();
      this.slider.value = this.nearest(moved.clientX - box.left);
      this.tell();
    }

    cursor(value) {
      this.mark?.remove();
      const x = this.across(value);
      this.mark = draw(this.svg, "line", { class: "cursor", x1: x, x2: x, y1: this.ends[0], y2: this.ends[1] });
    }

    say(head, lines) {
      this.output.replaceChildren(make("span", { class: "at" }, head), ...lines.map((line) => make("span", {}, line)));
      this.slider.setAttribute("aria-valuetext", [head, ...lines].join("; "));
    }
  }

  class Histogram extends Panel {
    constructor() { super("Distribution", "Bin"); }

    show(score, shown) {
      const samples = shown.map((place) => score.samples[place]);
      const occupied = score.edges.slice(1).map((_, bin) => samples.some((one) => one.counts[bin])).flatMap((yes, bin) => (yes ? [bin] : []));
      const [first, last] = occupied.length ? [occupied[0], occupied.at(-1)] : [0, score.edges.length - 2];
      Object.assign(this, { score, samples, first, last });
      const sizes = samples.map((one) => sum(one.counts) + one.below + one.above);
      const highest = Math.max(...samples.map((one, i) => Math.max(...one.counts) / sizes[i]), 1e-9);
      this.sizes = sizes;
      this.axes(score.edges[first], score.edges[last + 1], 1.05 * highest, score.axis, "share of each set in a bin");
      this.name.textContent = "Distribution: share of each set in a bin, %";
      const floor = this.up(0).toFixed(1);
      samples.forEach((one, i) => {
        const points = [[score.edges[first], 0]];
        for (let bin = first; bin <= last; bin++)
          points.push([score.edges[bin], one.counts[bin] / sizes[i]], [score.edges[bin + 1], one.counts[bin] / sizes[i]]);
        points.push([score.edges[last + 1], 0]);
        const path = this.line(points, shown[i]);
        this.svg.prepend(draw(this.svg, "path", { class: `area series-${shown[i] % SERIES}`, d: `${path}V${floor}Z` }));
      });
      this.slider.max = last - first;
      this.slider.value = (last - first) >> 1;
      this.tell();
    }

    nearest(x) {
      const edges = this.score.edges;
      let bin = this.first;
      while (bin < this.last && this.across(edges[bin + 1]) < x) bin++;
      return bin - this.first;
    }

    tell() {
      const bin = this.first + Number(this.slider.value), { edges } = this.score;
      this.cursor((edges[bin] + edges[bin + 1]) / 2);
      const lines = this.samples.map((one, i) => {
        const out = one.below + one.above ? ` (${(one.below + one.above).toLocaleString("en-US")} beyond the axis)` : "";
        return `${one.name}: ${one.counts[bin].toLocaleString("en-US")} of ${this.sizes[i].toLocaleString("en-US")}, ${percent(one.counts[bin] / this.sizes[i])}${out}`;
      });
      this.say(`${short(edges[bin])} to ${short(edges[bin + 1])}`, lines);
    }
  }

  class RocPanel extends Panel {
    constructor() {
      super("ROC: true positive rate over false positive rate, %", "FPR");
      this.slider.max = 100;
      this.slider.value = 5;
    }

    show(score, shown) {
      this.samples = shown.map((place) => score.samples[place]).filter((one) => one.roc);
      this.axes(0, 100, 1, "false positive rate, %", "true positive rate");
      draw(this.svg, "line", { class: "chance", x1: this.across(0), y1: this.up(0), x2: this.across(100), y2: this.up(1) });
      for (const place of shown)
        if (score.samples[place].roc) {
          const { fpr, tpr } = score.samples[place].roc;
          this.line(fpr.map((x, i) => [100 * x, tpr[i]]), place);
        }
      this.tell();
    }

    nearest(x) { return Math.round(Math.min(Math.max((100 * (x - this.across(0))) / (this.across(100) - this.across(0)), 0), 100)); }

    tell() {
      const rate = Number(this.slider.value) / 100;
      this.cursor(100 * rate);
      this.say(`FPR ${percent(rate, 0)}`, this.samples.map((one) => `${one.name}: TPR ${percent(found(one.roc, rate))}, AUROC ${percent(one.roc.auroc)}`));
    }
  }

  /** What is found at a rate of false alarms: on the line between the points of the curve, the highest where it is steep. */
  function found({ fpr, tpr }, rate) {
    let after = fpr.findIndex((x) => x > rate);
    if (after <= 0) return tpr.at(-1);
    const share = (rate - fpr[after - 1]) / (fpr[after] - fpr[after - 1]);
    return tpr[after - 1] + share * (tpr[after] - tpr[after - 1]);
  }

  function distributions(figure) {
    const scores = JSON.parse(figure.querySelector("script").textContent);
    const choice = make("select", {}, ...scores.map((score, i) => make("option", { value: i }, score.name)));
    const boxes = scores[0].samples.map((sample, place) => {
      const box = make("input", { type: "checkbox" });
      box.checked = place < SHOWN;
      return box;
    });
    const named = boxes.map((box, place) => {
      const swatch = make("span", { class: "swatch" });
      const key = draw(swatch, "svg", { width: 26, height: 12, "aria-hidden": "true" });
      draw(key, "line", { class: look(place), "stroke-width": 3, x1: 0, x2: 26, y1: 6, y2: 6 });
      return make("label", {}, box, swatch, scores[0].samples[place].name);
    });
    const sets = make("fieldset", {}, make("legend", {}, "Sets"), ...named);
    const controls = make("div", { class: "controls" }, make("label", { class: "choice" }, "Score", choice), sets);
    const panels = [new Histogram(), new RocPanel()];
    const show = () => {
      const shown = boxes.flatMap((box, place) => (box.checked ? [place] : []));
      for (const panel of panels) panel.show(scores[choice.value], shown);
    };
    for (const control of [choice, ...boxes]) control.addEventListener("change", show);
    figure.querySelector("script").after(controls, make("div", { class: "panels" }, ...panels.map((panel) => panel.node)));
    figure.querySelector(".numbers").open = false;
    let width = 0;
    new ResizeObserver(([seen]) => {
      if (seen.contentRect.width !== width) show();
      width = seen.contentRect.width;
    }).observe(figure);
  }

  function gallery(node) {
    const exhibits = [...node.querySelectorAll(":scope > .exhibits > .exhibit")];
    const values = exhibits.map((exhibit) => new Map(JSON.parse(exhibit.dataset.values)));
    const names = [...(values[0]?.keys() ?? [])].filter((name) => values.every((one) => one.has(name)));
    if (exhibits.length < 2 || names.length < 2) return;
    const options = ["as found", ...names.flatMap((name) => [`${name}, lowest first`, `${name}, highest first`])];
    const choice = make("select", {}, ...options.map((text, i) => make("option", { value: i }, text)));
    choice.addEventListener("change", () => {
      const place = Number(choice.value) - 1, name = names[place >> 1], sign = place % 2 ? -1 : 1;
      const order = exhibits.map((_, i) => i);
      if (name !== undefined) order.sort((a, b) => sign * (values[a].get(name) - values[b].get(name)));
      node.querySelector(".exhibits").append(...order.map((i) => exhibits[i]));
      for (const i of order) {
        const shown = name ?? names[0];
        exhibits[i].querySelector(".value").textContent = `${shown} ${short(values[i].get(shown))}`;
      }
    });
    node.querySelector(".head").append(make("label", {}, "sorted by", choice));
  }

  /** Let a picture that is shown in small be looked at as large as it is, in a box that scrolls. */
  function enlargeable(figure) {
    const image = figure.querySelector("img");
    if (image.naturalWidth < 1.5 * image.width) return;
    const button = make("button", { type: "button", "aria-pressed": "false" }, "Full size");
    button.addEventListener("click", () => button.setAttribute("aria-pressed", figure.classList.toggle("full")));
    figure.querySelector(".scroll").after(button);
  }

  const contents = document.querySelector("nav details");
  if (contents && matchMedia("(max-width: 40rem)").matches) contents.open = false;
  for (const figure of document.querySelectorAll("figure.distributions")) distributions(figure);
  for (const node of document.querySelectorAll(".gallery")) gallery(node);
  addEventListener("load", () => document.querySelectorAll("figure:not(.distributions)").forEach(enlargeable));
  document.addEventListener("keydown", (pressed) => {
    const open = pressed.key === "Escape" && document.activeElement?.closest(".exhibit[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
