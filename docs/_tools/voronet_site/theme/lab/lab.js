// The laboratory: two workers run Python, one to train and one to judge, so that an edit cannot harm a run.
// Nothing but short lists is loaded before the reader asks for it.
{
  const at = (id) => document.getElementById(`lab-${id}`);
  const here = document.currentScript.src;
  const settings = at("settings"), select = at("function"), source = at("source");
  // How long a test may take until its worker is ended.
  const PATIENCE = 20;
  // What the worker that judges has to load before, so that the first verdict is as quick as the others.
  const MODULES = ["pytest", "hypothesis"];
  let python, functions, runtime, files, startChecking, trainer, judge, running = false, problem, frame, curve = [], due = false;

  const say = (text) => { at("status").textContent = text; };

  // The address holds all that the reader has chosen.
  function readAddress() {
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (settings.elements[name]) settings.elements[name].value = value;
      if (name === "edit" && functions[value]) select.value = value;
    }
  }
  function writeAddress() {
    const chosen = new URLSearchParams(new FormData(settings));
    chosen.set("edit", select.value);
    history.replaceState(null, "", `?${chosen}${location.hash}`);
  }

  // ---- Python ----
  const startWorker = (hear, modules) => python.startWorker(files, hear, modules);

  async function boot() {
    const progress = at("progress");
    at("boot").hidden = true;
    progress.hidden = false;
    say("Python is being loaded.");
    try {
      files = await python.loadFiles(runtime, (bytes) => { progress.value += bytes; });
      startChecking(files);
      say("Python is starting.");
      startWorker(TRAINER);
    } catch (error) {
      at("boot").hidden = false;
      say(`Python cannot be started: ${error.message}`);
    }
    progress.hidden = true;
    progress.value = 0;
  }

  // ---- Training ----
  const TRAINER = {
    ready(_, worker) {
      trainer = worker;
      say("Python is ready.");
      restart();
      startWorker(JUDGE, MODULES);
    },
    problem(data) { problem = data.problem; },
    frame(data) {
      frame = data.frame;
      // For tests, and for readers who look at a page from its console.
      at("region").frame = frame;
      at("pictures").hidden = false;
      if (frame.step === 0) curve = [];
      curve.push([frame.step, Math.log10(Math.max(frame.loss, 1e-12))]);
      if (curve.length > 1000) curve = curve.filter((_, i) => i % 2 === 0 || i === curve.length - 1);
      if (frame.converged) setRunning(false, `It has converged at step ${frame.step.toLocaleString("en")}: the gradient is small.`);
      if (!due) requestAnimationFrame(paint);
      due = true;
    },
    wrong({ message }) { setRunning(false, message); },
  };

  function restart() {
    writeAddress();
    if (!trainer || !settings.reportValidity()) return;
    const { n, seed, widths, rate } = Object.fromEntries(new FormData(settings));
    setRunning(false, "");
    trainer.postMessage({ kind: "restart", n: Number(n), seed: Number(seed), widths, rate: Number(rate) });
    for (const id of ["run", "step", "restart"]) at(id).disabled = false;
  }

  function setRunning(runs, text) {
    running = runs;
    at("run").textContent = runs ? "Pause" : "Train";
    at("said").textContent = text;
  }

  function paint() {
    due = false;
    if (!frame) return;
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(`--v-${name}`).trim();
    const [region, g, size] = prepare(at("region"));
    const mixed = ["green-soft", "paper", "blue-soft"].map((name) => colour(name).match(/\w\w/g).map((h) => parseInt(h, 16)));
    const side = Math.sqrt(frame.region.length), image = new ImageData(side, side);
    frame.region.forEach((p, i) => {
      const low = p < 0.5 ? 0 : 1, share = 2 * p - low;
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = mixed[low][c] * (1 - share) + mixed[low + 1][c] * share;
      image.data[4 * i + 3] = 255;
    });
    const small = new OffscreenCanvas(side, side);
    small.getContext("2d").putImageData(image, 0, 0);
    g.drawImage(small, 0, 0, size, size);
    const mark = (x, y, blue, radius) => {
      g.beginPath();
      if (blue) g.rect(x * size - radius, (1 - y) * size - radius, 2 * radius, 2 * radius);
      else g.arc(x * size, (1 - y) * size, 1.1 * radius, 0, 7);
    };
    const ratio = size / region.clientWidth;
    for (let i = 0; i < problem.label.length; i++) {
      mark(problem.x[2 * i], problem.x[2 * i + 1], problem.label[i], 3 * ratio);
      g.fillStyle = colour(problem.label[i] ? "blue" : "green");
      g.fill();
    }
    g.lineWidth = 2 * ratio;
    for (const [blue, name] of ["green", "blue"].entries()) {
      g.strokeStyle = colour(name);
      for (let r = 0; r < problem[name].length; r += 2) {
        mark(problem[name][r], problem[name][r + 1], blue, 7 * ratio);
        g.stroke();
      }
    }
    paintCurve(colour);
    const text = `Step ${frame.step.toLocaleString("en")}, loss ${frame.loss.toPrecision(3)}, `
      + `${frame.right} of ${problem.label.length} points right`;
    at("numbers").textContent = text;
    trainer.postMessage({ kind: "seen" });
    region.setAttribute("aria-label", `The decision of the network over the unit square. ${text}`);
  }

  function paintCurve(colour) {
    const [canvas, g, width, height] = prepare(at("curve"));
    const values = curve.map(([, loss]) => loss), last = Math.max(1, curve.at(-1)[0]);
    const low = Math.floor(Math.min(...values)), high = Math.ceil(Math.max(...values) + 1e-9);
    const up = (value) => height * (1 - (value - low) / (high - low));
    g.font = `${0.1 * height}px ${getComputedStyle(canvas).fontFamily}`;
    g.lineWidth = width / canvas.clientWidth;
    g.strokeStyle = colour("grid");
    g.fillStyle = colour("muted");
    for (let power = low; power <= high; power++) g.strokeRect(0, up(power), width, 0);
    // Where the curve does not come.
    g.fillText(`1e${low}`, 0, up(low) - 0.04 * height);
    g.textAlign = "right";
    g.fillText(`1e${high}`, width, up(high) + 0.11 * height);
    g.strokeStyle = colour("accent");
    g.lineWidth *= 1.5;
    g.beginPath();
    for (const [step, value] of curve) g.lineTo((step / last) * width, up(value));
    g.stroke();
    canvas.setAttribute("aria-label", `The loss, on a logarithmic axis, from step 0 to step ${last}`);
  }

  function prepare(canvas) {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const g = canvas.getContext("2d");
    g.clearRect(0, 0, width, height);
    g.textAlign = "left";
    return [canvas, g, width, height];
  }

  // ---- Judging ----
  let timer, passed, failed, judging = false;
  const JUDGE = {
    ready(_, worker) {
      judge = worker;
      at("judge").disabled = false;
    },
    tested({ name, passed: good, message }) {
      wait();
      passed += good;
      failed += !good;
      at("verdict").textContent = `${passed} passed, ${failed} failed …`;
      if (!good) showFailure(name, message);
    },
    judged() {
      conclude(failed ? `${failed} of ${passed + failed} tests fail.` : `All ${passed} tests pass.`);
    },
    wrong({ message, alive }) {
      if (!judging) say(`Python cannot judge: ${message}`);
      else if (alive) conclude(`No verdict: ${message}`);
      else renew(message);
    },
  };

  function startJudging() {
    const { file, first, last, indent } = functions[select.value];
    [passed, failed, judging] = [0, 0, true];
    at("judge").disabled = true;
    at("failures").replaceChildren();
    at("verdict").textContent = "The tests are running.";
    wait();
    judge.postMessage({ kind: "judge", file, first, last, indent, source: source.value });
  }

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(() => renew(`nothing came to an end for ${PATIENCE} seconds`), 1000 * PATIENCE);
  }

  function conclude(text) {
    clearTimeout(timer);
    judging = false;
    at("judge").disabled = false;
    at("verdict").textContent = text;
  }

  function renew(why) {
    judge.terminate();
    conclude(`No verdict: ${why}. Python was ended, and is started anew.`);
    at("judge").disabled = true;
    startWorker(JUDGE, MODULES);
  }

  function showFailure(name, message) {
    const item = document.createElement("li"), code = document.createElement("code"), said = document.createElement("pre");
    code.textContent = name;
    said.textContent = message;
    item.append(code, said);
    at("failures").append(item);
  }

  function showFunction() {
    const { source: text, mistakes } = functions[select.value];
    source.value = text;
    at("verdict").textContent = "";
    at("failures").replaceChildren();
    at("mistakes").replaceChildren(...mistakes.map(({ what, old, new: wrong }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = what;
      button.onclick = () => { source.value = text.replace(old, () => wrong); };
      return button;
    }));
  }

  async function open() {
    at("start").hidden = false;
    if (location.protocol === "file:") {
      say("This page was opened as a file. Python starts only where a server sends the page.");
      return;
    }
    let checker;
    [python, checker] = await Promise.all(["python.js", "checker.js"].map((name) => import(new URL(name, here))));
    [functions, runtime] = await Promise.all(["functions.json", "runtime.json"].map(python.fetchJson));
    startChecking = await checker.openFormulas();
    select.replaceChildren(...Object.keys(functions).map((name) => new Option(name)));
    readAddress();
    showFunction();
    const total = Object.values(runtime).reduce((sum, { bytes }) => sum + bytes, 0);
    at("boot").textContent = `Start Python here: ${(total / 1e6).toFixed(0)} MB`;
    at("progress").max = total;
    at("boot").hidden = total === 0;
    at("none").hidden = total > 0;
    for (const part of document.querySelectorAll(".lab")) part.hidden = false;
  }

  at("boot").onclick = boot;
  at("run").onclick = () => {
    setRunning(!running, "");
    trainer.postMessage({ kind: running ? "run" : "pause" });
  };
  at("step").onclick = () => {
    setRunning(false, "");
    trainer.postMessage({ kind: "step" });
  };
  at("restart").onclick = restart;
  settings.onchange = restart;
  settings.onsubmit = () => false;
  select.onchange = () => { showFunction(); writeAddress(); };
  at("restore").onclick = showFunction;
  at("judge").onclick = startJudging;
  new MutationObserver(paint).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  addEventListener("resize", paint);
  open();
}
