/* The replay of a training run. Every frame is the network itself: the recorded parameters are run
   forward at each pixel, so the picture is as sharp as the screen. */
(() => {
  "use strict";
  if (customElements.get("voronet-replay")) return;

  const RATE = 24; // frames a second at speed 1
  const SLOW = 20; // milliseconds: a screen shows a frame each 16.7
  const COARSEST = 160; // pixels of a side: the shading is smooth, and the lines are drawn over it
  const LATTICE = 80; // places along a side where the line p_blue = ½ is looked for
  const STYLE = "{style}"; // put here by voronet.show
  const SVG = "http://www.w3.org/2000/svg";
  const ICONS = {
    play: "M5 3v14l12-7z", pause: "M5 3h4v14H5zM11 3h4v14h-4z",
    previous: "M4 3h2v14H4zM16 3v14L7 10z", next: "M14 3h2v14h-2zM4 3v14l9-7z",
  };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  /* Where W_k and b_k begin in w: all matrices first, row by row, then all biases; and which square is shown. */
  function layout({ widths, corner, side }) {
    const weights = [], biases = [];
    let at = 0;
    for (let k = 1; k < widths.length; k++) { weights[k] = at; at += widths[k] * widths[k - 1]; }
    for (let k = 1; k < widths.length; k++) { biases[k] = at; at += widths[k]; }
    const units = widths.reduce((sum, n) => sum + n, 0);
    return { widths, weights, biases, units, size: at, corner, side };
  }

  /* Run one place of the square forward, u and v from 0 to 1; `a` receives the activations of every layer.
     Returns p_blue. */
  function forward(net, w, u, v, a) {
    a[0] = net.corner[0] + net.side * u; a[1] = net.corner[1] + net.side * v;
    let from = 0, to = net.widths[0];
    for (let k = 1; k < net.widths.length; k++) {
      const fan = net.widths[k - 1];
      for (let j = 0; j < net.widths[k]; j++) {
        let z = w[net.biases[k] + j];
        const row = net.weights[k] + j * fan;
        for (let l = 0; l < fan; l++) z += w[row + l] * a[from + l];
        a[to + j] = 1 / (1 + Math.exp(-Math.max(z, -700)));
      }
      from = to; to += net.widths[k];
    }
    return a[from + 1] / (a[from] + a[from + 1]);
  }

  /* log(a_2 / a_1): 0 where p_blue is ½, and nearly straight across the line, where p_blue is steep. */
  function logOdds(net, w, u, v, a) {
    forward(net, w, u, v, a);
    return Math.log(a[net.units - 1] / a[net.units - 2]);
  }

  /* The same equations as a fragment shader, one line for each unit. */
  function shader(net) {
    const lines = [];
    for (let k = 1; k < net.widths.length; k++) {
      for (let j = 0; j < net.widths[k]; j++) {
        let z = `w[${net.biases[k] + j}]`;
        for (let l = 0; l < net.widths[k - 1]; l++) {
          const a = k > 1 ? `a${k - 1}_${l}` : l ? "x.y" : "x.x";
          z += ` + w[${net.weights[k] + j * net.widths[k - 1] + l}] * ${a}`;
        }
        lines.push(`float a${k}_${j} = s(${z});`);
      }
    }
    const K = net.widths.length - 1;
    return `#version 300 es
      precision highp float;
      uniform float w[${net.size}];
      uniform vec2 size, corner;
      uniform float side;
      uniform vec3 green, paper, blue;
      uniform bool read;
      out vec4 colour;
      float s(float z) { return 1.0 / (1.0 + exp(-max(z, -80.0))); }
      void main() {
        vec2 x = corner + side * gl_FragCoord.xy / size;
        ${lines.join("\n        ")}
        float p = a${K}_1 / (a${K}_0 + a${K}_1);
        if (read) {
          vec3 digits = fract(p * vec3(1.0, 255.0, 65025.0) * 0.999999);
          colour = vec4(digits - digits.yzz * vec3(1.0 / 255.0, 1.0 / 255.0, 0.0), 1.0);
        } else {
          colour = vec4(p < 0.5 ? mix(green, paper, 2.0 * p) : mix(paper, blue, 2.0 * p - 1.0), 1.0);
        }
      }`;
  }

  function hex(text) {
    const value = parseInt(text.trim().slice(1), 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  }

  function shade(p, colours) {
    const [from, to, t] = p < 0.5 ? [colours.green, colours.paper, 2 * p] : [colours.paper, colours.blue, 2 * p - 1];
    return from.map((value, c) => value + (to[c] - value) * t);
  }

  /* Paint with WebGL2, or return null where it is missing. */
  function glPainter(canvas, net) {
    const gl = net.size <= 200 && canvas.getContext("webgl2", { antialias: false, alpha: false });
    if (!gl) return null;
    const program = gl.createProgram();
    const sources = [
      [gl.VERTEX_SHADER, "#version 300 es\nvoid main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1); }"],
      [gl.FRAGMENT_SHADER, shader(net)],
    ];
    for (const [kind, source] of sources) {
      const part = gl.createShader(kind);
      gl.shaderSource(part, source);
      gl.compileShader(part);
      gl.attachShader(program, part);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return null;
    gl.useProgram(program);
    const at = (name) => gl.getUniformLocation(program, name);
    gl.uniform2fv(at("corner"), net.corner);
    gl.uniform1f(at("side"), net.side);
    const places = { w: at("w"), size: at("size"), read: at("read"), green: at("green"), paper: at("paper"), blue: at("blue") };
    const draw = (w, colours, side, read) => {
      gl.viewport(0, 0, side, side);
      gl.uniform1fv(places.w, w);
      gl.uniform2f(places.size, side, side);
      gl.uniform1i(places.read, read);
      for (const name of ["green", "paper", "blue"]) gl.uniform3fv(places[name], colours[name].map((v) => v / 255));
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    };
    return {
      kind: "webgl2",
      finest: Infinity,
      paint(w, colours, side) {
        if (canvas.width !== side) canvas.width = canvas.height = side;
        draw(w, colours, side, false);
      },
      /* Read back what the shader computes: the digits of p_blue, or the colours themselves. */
      read(w, colours, side, digits) {
        const target = gl.createFramebuffer(), texture = gl.createTexture(), pixels = new Uint8Array(side * side * 4);
        gl.bindTexture(gl.TEXTURE_2D, texture);
        gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, side, side);
        gl.bindFramebuffer(gl.FRAMEBUFFER, target);
        gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
        draw(w, colours, side, digits);
        gl.readPixels(0, 0, side, side, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
        gl.bindFramebuffer(gl.FRAMEBUFFER, null);
        gl.deleteFramebuffer(target);
        gl.deleteTexture(texture);
        if (!digits) return pixels;
        return Float64Array.from({ length: side * side }, (_, i) =>
          (pixels[4 * i] / 255 + pixels[4 * i + 1] / 65025 + pixels[4 * i + 2] / 16581375) / 0.999999);
      },
    };
  }

  /* Paint on a 2-D canvas, point by point. */
  function flatPainter(canvas, net) {
    const context = canvas.getContext("2d");
    const small = document.createElement("canvas");
    const a = new Float64Array(net.units);
    const read = (w, colours, side, digits) => {
      const pixels = digits ? new Float64Array(side * side) : new Uint8ClampedArray(side * side * 4);
      for (let r = 0, i = 0; r < side; r++) {
        for (let c = 0; c < side; c++, i++) {
          const p = forward(net, w, (c + 0.5) / side, (r + 0.5) / side, a);
          if (digits) { pixels[i] = p; continue; }
          const [from, to, t] = p < 0.5 ? [colours.green, colours.paper, 2 * p] : [colours.paper, colours.blue, 2 * p - 1];
          for (let d = 0; d < 3; d++) pixels[4 * i + d] = from[d] + (to[d] - from[d]) * t;
          pixels[4 * i + 3] = 255;
        }
      }
      return pixels;
    };
    return {
      kind: "2d",
      read,
      finest: 240,
      paint(w, colours, side) {
        if (canvas.width !== side) for (const one of [canvas, small]) one.width = one.height = side;
        small.getContext("2d").putImageData(new ImageData(read(w, colours, side, false), side, side), 0, 0);
        // Rows come from below, and go on the canvas from above.
        context.setTransform(1, 0, 0, -1, 0, side);
        context.drawImage(small, 0, 0);
      },
    };
  }

  /* The line p_blue = ½: marching squares on a lattice, two ends for each piece. */
  function halfLine(net, w, side, a) {
    const values = new Float64Array((side + 1) * (side + 1)), ends = [];
    for (let r = 0, i = 0; r <= side; r++)
      for (let c = 0; c <= side; c++, i++) values[i] = logOdds(net, w, c / side, r / side, a);
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
    for (let r = 0; r < side; r++) {
      for (let c = 0; c < side; c++) {
        const cuts = [];
        for (let e = 0; e < 4; e++) {
          const [c0, r0] = corners[e], [c1, r1] = corners[(e + 1) % 4];
          const v0 = values[(r + r0) * (side + 1) + c + c0], v1 = values[(r + r1) * (side + 1) + c + c1];
          if (v0 > 0 === v1 > 0) continue;
          const t = v0 / (v0 - v1);
          cuts.push((c + c0 + t * (c1 - c0)) / side, (r + r0 + t * (r1 - r0)) / side);
        }
        for (let i = 0; i + 3 < cuts.length; i += 4) ends.push(cuts.slice(i, i + 4));
      }
    }
    return ends;
  }

  const number = new Intl.NumberFormat("en-GB").format;

  function size(value) {
    if (!(value > 0) || value >= 1e-3) return String(Number(value.toPrecision(2)));
    const [digits, exponent] = value.toExponential(1).split("e-");
    return `${digits} × 10⁻${[...exponent].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("")}`;
  }

  function element(name, attributes = {}, ...children) {
    const made = name === "svg" || name === "path" || name === "line" || name === "circle"
      ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function icon(name) { return element("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, element("path", { d: ICONS[name] })); }

  class Replay extends HTMLElement {
    connectedCallback() {
      this.left = new AbortController();
      // The pictures follow this tag: wait until they are parsed.
      if (document.readyState === "loading" && !this.querySelector("script")) {
        document.addEventListener("DOMContentLoaded", () => this.wait(), { once: true });
      } else this.wait();
    }

    disconnectedCallback() {
      this.pause();
      this.left.abort();
    }

    /* Begin near the window, or where the address names a place: far below it costs nothing. */
    wait() {
      if (location.hash || this.getBoundingClientRect().top < 2 * innerHeight) this.begin();
      else addEventListener("scroll", () => this.wait(), { once: true, signal: this.left.signal });
    }

    begin() {
      if (!this.isConnected) return;
      if (!this.data) this.unpack();
      if (!this.stage) this.build();
      this.listen();
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches || this.hasAttribute("paused");
      // What was learnt is what a reader sees first.
      this.index = this.frames - 1;
      this.resize();
      if (this.follow() || still) return this.say();
      // Begin to move when a reader does, and can see it: until then it costs nothing.
      const seen = new IntersectionObserver((entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        seen.disconnect();
        if (this.index === this.frames - 1) this.play();
      }, { threshold: 0.3 });
      const moved = (event) => {
        // A finger that meets the screen may be about to press a button.
        if (event.pointerType === "touch") return;
        for (const kind of ["pointermove", "scroll"]) removeEventListener(kind, moved);
        seen.observe(this.stage);
      };
      for (const kind of ["pointermove", "scroll"]) addEventListener(kind, moved, { signal: this.left.signal, passive: true });
      this.left.signal.addEventListener("abort", () => seen.disconnect());
    }

    unpack() {
      this.data = JSON.parse(this.dataset.run);
      this.net = layout(this.data);
      const bytes = Uint8Array.from(atob(this.data.snapshots), (c) => c.charCodeAt(0));
      this.snapshots = new Float32Array(bytes.buffer);
      this.frames = this.data.steps.length;
      this.scratch = new Float64Array(this.net.units);
      this.speed = 1;
      this.grain = Infinity;
    }

    /* w of a frame, 32 bits a number, as recorded. */
    parameters(index) { return this.snapshots.subarray(index * this.net.size, (index + 1) * this.net.size); }

    /* p_blue of a frame at the centres of a lattice, rows from below, by the code that draws it. */
    probabilities(index, side) { return Array.from(this.painter.read(this.parameters(index), this.colours, side, true)); }

    /* The line of a frame, as it is drawn: two ends for each piece. */
    line(index) { return halfLine(this.net, this.parameters(index), LATTICE, this.scratch); }

    /* The colour of a frame at a point, by the code that draws it. */
    pixel(index, x, y, side) {
      const pixels = this.painter.read(this.parameters(index), this.colours, side, false);
      const at = 4 * (Math.floor(y * side) * side + Math.floor(x * side));
      return Array.from(pixels.slice(at, at + 3));
    }

    build() {
      const { steps, loss } = this.data;
      this.querySelector(".poster").hidden = true;
      this.stage = element("div", { class: "stage", tabindex: "0", role: "img", "aria-label": this.data.label });
      this.over = element("canvas");
      this.startPainter(false);
      this.text = { step: element("span"), loss: element("span"), right: element("span"), count: element("span", { class: "count" }) };
      const text = element("div", { class: "text" }, this.text.step, this.text.loss, this.text.right, this.text.count);

      // The loss, on a logarithmic scale.
      const logs = loss.map((value) => Math.log10(Math.max(value, 1e-12)));
      const low = Math.min(...logs), high = Math.max(...logs, low + 1e-9), last = steps[this.frames - 1] || 1;
      this.heights = logs.map((value) => (54 - 50 * (value - low) / (high - low)) / 56);
      const d = this.heights.map((height, i) => `${i ? "L" : "M"}${(1000 * steps[i] / last).toFixed(1)} ${(56 * height).toFixed(1)}`).join("");
      this.handle = element("span", { class: "handle" });
      this.curve = element("div", { class: "curve", role: "img", "aria-label": "The loss at each step, on a logarithmic scale. Click or drag to go there." },
        element("svg", { viewBox: "0 0 1000 56", preserveAspectRatio: "none", "aria-hidden": "true" }, element("path", { d })), this.handle);
      const scale = element("p", { class: "scale" }, element("span", {}, `loss from ${size(loss[0])}`), element("span", {}, `to ${size(loss[this.frames - 1])} at step ${number(last)}`));

      this.toggle = element("button", { type: "button", "aria-label": "Play" }, icon("play"));
      const previous = element("button", { type: "button", "aria-label": "Previous frame" }, icon("previous"));
      const next = element("button", { type: "button", "aria-label": "Next frame" }, icon("next"));
      this.slider = element("input", { type: "range", min: 0, max: this.frames - 1, value: 0, "aria-label": "Frame" });
      const speed = element("select", { "aria-label": "Speed" });
      for (const value of [0.25, 0.5, 1, 2, 4]) speed.append(element("option", { value, ...(value === 1 ? { selected: "" } : {}) }, `${value}×`));
      this.link = element("a", { class: "link" }, "Link to this frame");
      this.said = element("p", { class: "said", role: "status", "aria-live": "polite" });

      this.toggle.onclick = () => (this.playing ? this.pause() : this.play());
      previous.onclick = () => this.go(this.index - 1);
      next.onclick = () => this.go(this.index + 1);
      this.slider.oninput = () => this.go(Number(this.slider.value));
      speed.onchange = () => { this.speed = Number(speed.value); };
      const seek = (event) => {
        const box = this.curve.getBoundingClientRect();
        const step = last * (event.clientX - box.left) / box.width;
        this.go(this.nearest(step));
      };
      this.curve.onpointerdown = (event) => { this.curve.setPointerCapture(event.pointerId); seek(event); };
      this.curve.onpointermove = (event) => { if (event.buttons) seek(event); };
      this.onkeydown = (event) => this.key(event);
      this.append(this.stage, text, this.curve, scale, element("div", { class: "controls" }, this.toggle, previous, next, this.slider, speed), this.link, this.units(), this.said);
    }

    startPainter(gl) {
      const canvas = element("canvas");
      this.painter = (gl && glPainter(canvas, this.net)) || null;
      if (!this.painter) {
        const fresh = element("canvas");
        this.painter = flatPainter(fresh, this.net);
        this.under = fresh;
      } else {
        this.under = canvas;
        // A device may take its context back: go on without it.
        canvas.addEventListener("webglcontextlost", () => { this.startPainter(false); this.resize(); });
      }
      this.stage.replaceChildren(this.under, this.over);
    }

    /* What each unit sees, and the weights: drawn only while it is open. */
    units() {
      this.maps = [];
      const details = element("details", { class: "inside" }, element("summary", {}, "What each unit sees"));
      for (let k = 1; k < this.net.widths.length; k++) {
        const row = element("div", { class: "units" });
        for (let j = 0; j < this.net.widths[k]; j++) {
          const canvas = element("canvas", { width: 48, height: 48 });
          this.maps.push(canvas);
          row.append(element("figure", {}, canvas, element("figcaption", {}, `layer ${k}, unit ${j + 1}`)));
        }
        details.append(row);
      }
      const tall = 24 * Math.max(...this.net.widths), wide = 420;
      const place = (k, j) => [14 + (wide - 28) * k / (this.net.widths.length - 1), tall * (j + 0.5) / this.net.widths[k]];
      const graph = element("svg", { class: "weights", viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": "The weights: a line is as wide as its weight is large, dashed where it is negative." });
      this.lines = [];
      for (let k = 1; k < this.net.widths.length; k++)
        for (let j = 0; j < this.net.widths[k]; j++)
          for (let l = 0; l < this.net.widths[k - 1]; l++) {
            const [x1, y1] = place(k - 1, l), [x2, y2] = place(k, j);
            const line = element("line", { x1, y1, x2, y2 });
            this.lines.push([line, this.net.weights[k] + j * this.net.widths[k - 1] + l]);
            graph.append(line);
          }
      this.net.widths.forEach((n, k) => { for (let j = 0; j < n; j++) { const [cx, cy] = place(k, j); graph.append(element("circle", { cx, cy, r: 6 })); } });
      details.append(graph, element("p", {}, "A map shades a unit's activation over the square, from zero (green) to one (blue). A line is as wide as its weight is large; dashed lines are negative."));
      details.ontoggle = () => this.paint();
      this.inside = details;
      return details;
    }

    listen() {
      const options = { signal: this.left.signal };
      const again = () => this.resize();
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again, options);
      const watch = new MutationObserver(again), fit = new ResizeObserver(() => this.over.width === this.side || again());
      for (const root of [document.documentElement, document.body]) watch.observe(root, { attributes: true, attributeFilter: ["data-md-color-scheme", "class"] });
      fit.observe(this.stage);
      addEventListener("hashchange", () => this.follow(), options);
      this.left.signal.addEventListener("abort", () => { watch.disconnect(); fit.disconnect(); });
    }

    /* Which frame is nearest to a step. */
    nearest(step) {
      const { steps } = this.data;
      return steps.reduce((best, value, i) => (Math.abs(value - step) < Math.abs(steps[best] - step) ? i : best), 0);
    }

    /* Go to the step that the address names, if it names one. */
    follow() {
      const found = /^#step-(\d+)$/.exec(location.hash);
      if (found) {
        this.go(this.nearest(Number(found[1])));
        this.scrollIntoView({ block: "nearest" });
      }
      return Boolean(found);
    }

    /* Pixels of a side of the picture. */
    get side() { return Math.max(1, Math.round(this.stage.clientWidth * this.ratio)); }

    resize() {
      const style = getComputedStyle(this), colour = (name) => style.getPropertyValue(`--v-${name}`).trim();
      this.colours = { green: hex(colour("green-soft")), paper: hex(colour("paper")), blue: hex(colour("blue-soft")) };
      this.inks = { ink: colour("ink"), paper: colour("paper"), green: colour("green"), blue: colour("blue"), accent: colour("accent") };
      this.ratio = Math.min(devicePixelRatio, 2);
      if (this.over.width !== this.side) this.over.width = this.over.height = this.side;
      this.paint();
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, summary")) return;
      const moves = { ArrowLeft: this.index - 1, ArrowRight: this.index + 1, Home: 0, End: this.frames - 1 };
      if (event.key === " " && event.target.tagName !== "BUTTON") this.toggle.click();
      else if (event.key in moves) this.go(moves[event.key]);
      else return;
      event.preventDefault();
    }

    play() {
      if (this.playing) return;
      if (this.index >= this.frames - 1) this.show(0);
      this.playing = true;
      this.button("pause", "Pause");
      let before = performance.now(), position = this.index, late = 0;
      const tick = (now) => {
        if (!this.playing) return;
        // Where frames come late again and again, shade fewer points, and let the browser fill in.
        late = Math.max(0, late + (now - before > SLOW ? 2 : -1));
        if (late > 6) {
          this.grain = Math.max(COARSEST, Math.round(0.7 * this.under.width));
          late = 0;
        }
        position += Math.min(Math.max(now - before, 0), 100) / 1000 * RATE * this.speed;
        before = now;
        const index = Math.min(Math.floor(position), this.frames - 1);
        if (index !== this.index) this.show(index);
        if (index >= this.frames - 1) return this.pause();
        this.ticking = requestAnimationFrame(tick);
      };
      this.ticking = requestAnimationFrame(tick);
    }

    pause() {
      if (!this.playing) return;
      this.playing = false;
      cancelAnimationFrame(this.ticking);
      this.button("play", "Play");
      this.paint();
      this.say();
    }

    button(name, label) {
      this.toggle.replaceChildren(icon(name));
      this.toggle.setAttribute("aria-label", label);
    }

    go(index) {
      this.pause();
      this.show(Math.min(Math.max(index, 0), this.frames - 1));
      clearTimeout(this.saying);
      this.saying = setTimeout(() => this.say(), 400);
    }

    show(index) {
      // A still picture needs no graphics card, which takes a while to start.
      if (!this.moved) this.startPainter(!this.hasAttribute("flat"));
      this.moved = true;
      this.index = index;
      this.paint();
    }

    words() {
      const { steps, loss, right } = this.data, i = this.index, n = this.data.labels.length;
      return { step: `step ${number(steps[i])}`, loss: `loss ${size(loss[i])}`, right: `${right[i]} of ${n} points right` };
    }

    say() {
      const words = this.words();
      this.said.textContent = `${words.step}, ${words.loss}, ${words.right}`;
    }

    paint() {
      if (!this.colours) return;
      const w = this.parameters(this.index), words = this.words();
      // What stands still is shaded in full.
      const most = Math.min(this.painter.finest, this.playing ? this.grain : Infinity);
      this.painter.paint(w, this.colours, Math.min(this.over.width, most));
      this.draw(w);
      for (const name of ["step", "loss", "right"]) this.text[name].textContent = words[name];
      this.text.count.textContent = `frame ${this.index + 1} of ${this.frames}`;
      this.slider.value = this.index;
      this.slider.setAttribute("aria-valuetext", `${words.step}, ${words.loss}`);
      this.handle.style.left = `${100 * this.data.steps[this.index] / (this.data.steps[this.frames - 1] || 1)}%`;
      this.handle.style.setProperty("--height", `${100 * this.heights[this.index]}%`);
      this.link.href = `#step-${this.data.steps[this.index]}`;
      if (this.inside.open) this.look(w);
    }

    /* What lies over the shading: both boundaries, seeds, points, and rings round the wrong ones. */
    draw(w) {
      const side = this.over.width, g = this.over.getContext("2d"), unit = this.ratio * (0.6 + 0.4 * this.stage.clientWidth / 480), inks = this.inks;
      const X = (x) => x * side, Y = (y) => (1 - y) * side;
      g.clearRect(0, 0, side, side);
      g.lineCap = "round";
      g.strokeStyle = inks.ink;
      g.lineWidth = 1.6 * unit;
      g.setLineDash([6 * unit, 5 * unit]);
      g.beginPath();
      for (const [x1, y1, x2, y2] of this.data.boundary) { g.moveTo(X(x1), Y(y1)); g.lineTo(X(x2), Y(y2)); }
      g.stroke();
      g.setLineDash([]);
      g.lineWidth = 2.4 * unit;
      g.beginPath();
      for (const [x1, y1, x2, y2] of this.line(this.index)) { g.moveTo(X(x1), Y(y1)); g.lineTo(X(x2), Y(y2)); }
      g.stroke();
      const mark = (x, y, label, r) => {
        g.beginPath();
        if (label) g.rect(X(x) - 0.9 * r, Y(y) - 0.9 * r, 1.8 * r, 1.8 * r); else g.arc(X(x), Y(y), r, 0, 2 * Math.PI);
      };
      const colour = (label) => (label ? inks.blue : inks.green);
      this.data.seeds.forEach((seeds, label) => seeds[0].forEach((x, r) => {
        mark(x, seeds[1][r], label, 8 * unit);
        g.fillStyle = inks.paper; g.fill();
        g.strokeStyle = colour(label); g.lineWidth = 3 * unit; g.stroke();
      }));
      const [xs, ys] = this.data.points;
      xs.forEach((x, i) => {
        const label = this.data.labels[i];
        mark(x, ys[i], label, 4 * unit);
        g.fillStyle = colour(label); g.fill();
        g.strokeStyle = inks.paper; g.lineWidth = unit; g.stroke();
        if ((forward(this.net, w, x, ys[i], this.scratch) > 0.5) === Boolean(label)) return;
        g.beginPath();
        g.arc(X(x), Y(ys[i]), 8 * unit, 0, 2 * Math.PI);
        g.strokeStyle = inks.accent; g.lineWidth = 2.4 * unit; g.stroke();
      });
    }

    look(w) {
      const side = 48, images = this.maps.map(() => new ImageData(side, side)), a = this.scratch;
      const shades = Array.from({ length: 256 }, (_, v) => shade(v / 255, this.colours));
      for (let r = 0; r < side; r++) {
        for (let c = 0; c < side; c++) {
          forward(this.net, w, (c + 0.5) / side, 1 - (r + 0.5) / side, a);
          for (let u = 0; u < images.length; u++) {
            const to = 4 * (r * side + c), rgb = shades[Math.round(255 * a[this.net.widths[0] + u])];
            images[u].data[to] = rgb[0]; images[u].data[to + 1] = rgb[1]; images[u].data[to + 2] = rgb[2]; images[u].data[to + 3] = 255;
          }
        }
      }
      images.forEach((image, u) => this.maps[u].getContext("2d").putImageData(image, 0, 0));
      for (const [line, at] of this.lines) {
        line.setAttribute("stroke-width", Math.min(8, 0.3 + Math.abs(w[at]) / 2).toFixed(2));
        line.classList.toggle("negative", w[at] < 0);
      }
    }
  }

  customElements.define("voronet-replay", Replay);
})();
